# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""An MQTT broker where every packet counts: it answers as the test says."""

import contextlib
import socket
import struct
import threading
import time
from collections import namedtuple

import pytest

from support.simulator import DEADLINE_S

Publish = namedtuple("Publish", "connection time dup qos mid payload")
Connect = namedtuple("Connect", "time is_clean keep_alive")


class ScriptedBroker:
    """Answers each PUBLISH as told: a packet, b"" for silence, None to break the connection."""

    def __init__(self, *, is_v5=False, accepts=True):
        self.is_v5 = is_v5
        self.accepts = accepts  # False: each connection is closed at once; None: left unanswered
        self.answer = lambda publish: self.puback(publish)
        self.attempts, self.connects, self.publishes, self.disconnects = [], [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def puback(self, publish, reason=b""):
        return bytes([0x40, 2 + len(reason)]) + struct.pack(">H", publish.mid) + reason

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                self.attempts.append(time.monotonic())
                self.sockets.append(connection)
                if self.accepts is False:
                    connection.close()
                elif self.accepts:
                    thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
                    self.threads.append(thread)
                    thread.start()

    def serve(self, connection):
        number = len(self.sockets)
        with contextlib.suppress(OSError, EOFError), connection, connection.makefile("rb") as file:
            while self.handle(number, connection, *read_packet(file)):
                pass

    def handle(self, number, connection, kind, body):
        reply = b""
        if kind >> 4 == 1:
            name_length = struct.unpack(">H", body[:2])[0]
            flags, keep_alive = struct.unpack(">BH", body[3 + name_length : 6 + name_length])
            self.connects.append(Connect(time.monotonic(), bool(flags & 2), keep_alive))
            reply = b"\x20\x03\0\0\0" if self.is_v5 else b"\x20\x02\0\0"
        elif kind >> 4 == 3:
            publish = self.read_publish(number, kind, body)
            self.publishes.append(publish)
            reply = self.answer(publish)
        elif kind >> 4 == 10:
            reply = b"\xb0\x02" + body[:2]
        elif kind >> 4 == 14:
            self.disconnects.append(body)
            return False
        if reply:
            connection.sendall(reply)
        return reply is not None

    def read_publish(self, number, kind, body):
        end = 2 + struct.unpack(">H", body[:2])[0]
        mid = struct.unpack(">H", body[end : end + 2])[0]
        payload = body[end + 2 + self.is_v5 :]  # one byte: no properties
        return Publish(number, time.monotonic(), bool(kind & 8), kind >> 1 & 3, mid, payload)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(DEADLINE_S)


def read_exactly(file, count):
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_packet(file):
    kind = read_exactly(file, 1)[0]
    length, shift = 0, 0
    while True:
        byte = read_exactly(file, 1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return kind, read_exactly(file, length)


@pytest.fixture(name="scripted")
def fixture_scripted():
    made = []

    def make(**settings):
        made.append(ScriptedBroker(**settings))
        return made[-1]

    yield make
    for broker in made:
        broker.close()
