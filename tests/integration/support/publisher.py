# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A device that publishes at a steady pace while its broker ends and starts."""

import threading

from support.mqtt import Client, reading


class Publisher:
    """Publishes 0, 1, 2, … at a steady pace while its "with" block runs and a broker is there, and
    knows which values were acknowledged. After the broker's end paho resends those that were
    not."""

    PAUSE_S = 0.005
    BURST = 5
    MORE = {}  # fields of each reading

    def __init__(self, broker):
        self._client = Client(broker, client_id="steady", clean=False)
        self._client.paho.reconnect_delay_set(1, 1)
        self._acknowledged = set()  # packet ids
        self._client.paho.on_publish = self._on_acknowledged
        self._sent = []  # the packet id of each value
        self._sending = threading.Lock()  # what is sent is in the list
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _on_acknowledged(self, _client, _userdata, packet_id):
        self._acknowledged.add(packet_id)

    def __enter__(self):
        self._client.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.end()
        self._client.__exit__()

    def _run(self):
        while not self._is_ending.wait(self.PAUSE_S):
            for _ in range(self.BURST if self._client.paho.is_connected() else 0):
                with self._sending:
                    sent = self._client.send("device/d", reading("d", len(self._sent), **self.MORE))
                    self._sent.append(sent.mid)

    def end(self):
        self._is_ending.set()
        self._thread.join()

    def values(self):
        with self._sending:
            return range(len(self._sent))

    def unacknowledged(self):
        return {value for value in self.values() if self._sent[value] not in self._acknowledged}

    def acknowledged_count(self):
        return len(self._acknowledged)
