# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Devices under load, and their ledgers of acknowledged messages."""

import json
import signal

from support import build_tree
from support.child import Child

_END_S = 60  # device-sim itself waits 10 s for missing acknowledgements


class Fleet:
    """One device-sim. It outlives any fault of the broker and ends only when end() is called."""

    def __init__(self, folder, name, broker, **flags):
        self.name = name
        self.ledger = folder / f"{name}.ledger"
        command = [build_tree.DEVICE_SIM, "--broker", broker.host, "--port", broker.port]
        command += ["--sequence", "--ledger", self.ledger]
        for flag, value in flags.items():
            command += ["--" + flag, value]
        self._child = Child(command, folder / f"{name}.log", build_tree.clean_environment())

    def start(self):
        self._child.start()
        return self

    def end(self):
        """Messages that are unacknowledged when it gives up are recorded as such in the ledger."""
        if self._child.is_running():
            self._child.signal(signal.SIGTERM)
        self._child.wait(_END_S)

    def await_end(self, deadline_s):
        """For a fleet with a fixed number of messages."""
        self._child.wait(deadline_s)

    def acknowledged(self):
        """Returns the acknowledged messages as (device, sequence)."""
        with open(self.ledger, encoding="utf-8") as ledger:
            lines = [json.loads(line) for line in ledger]
        return {
            (line["device"], line["sequence"])
            for line in lines
            if line["acknowledged"] is not None
        }

    def kill(self):
        self._child.kill()


def mixed_fleets(folder, broker, **flags):
    """QoS 1 and 2, each with MQTT 3.1.1 and 5, with different devices for each combination."""
    return [
        Fleet(
            folder,
            f"qos{qos}_mqtt{protocol}",
            broker,
            qos=qos,
            protocol=protocol,
            devices=3,
            **flags,
        )
        for qos in (1, 2)
        for protocol in ("3.1.1", "5")
    ]
