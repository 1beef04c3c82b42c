# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""One broker of the platform, and the faults that hit it."""

import json
import re
from dataclasses import dataclass

from support.balance import logged_balances
from support.engine import docker

_NETWORKS = ("middle", "back")
_STOP_S = 20  # more than shutdown_drain_ms and the time that a stop may add
_PENDING_AT_START = re.compile(
    r"mongo_store: journal (\S+) on .*, (\d+) records of earlier runs pending"
)


@dataclass(frozen=True)
class BrokerContainer:
    name: str
    project: str

    @property
    def log(self):
        """The log of all its starts."""
        return docker("logs", self.name)

    @property
    def gateway_id(self):
        """Its host name, which goes into each document."""
        return docker("inspect", "--format={{.Config.Hostname}}", self.name).strip()

    def is_running(self):
        return docker("inspect", "--format={{.State.Running}}", self.name).strip() == "true"

    def journals_taken(self):
        """Returns (folder, number of pending records from earlier runs) for each start."""
        return [(folder, int(count)) for folder, count in _PENDING_AT_START.findall(self.log)]

    def balance(self):
        """Returns the balance that the last start or orderly stop logged."""
        return logged_balances(self)[-1]

    def start(self):
        docker("start", self.name)

    def stop(self):
        """Does nothing if the broker has ended."""
        docker("stop", f"--time={_STOP_S}", self.name)

    def kill(self):
        docker("kill", self.name)

    def remove(self):
        """Removes the container. The broker's journal stays in the volume."""
        docker("rm", "--force", self.name)

    def freeze(self):
        docker("pause", self.name)

    def thaw(self):
        docker("unpause", self.name)

    def part_from(self, network):
        """network: front, middle or back, as in the compose file."""
        docker("network", "disconnect", f"{self.project}_{network}", self.name)

    def join(self, network):
        docker("network", "connect", "--alias=broker", f"{self.project}_{network}", self.name)

    def mend(self):
        """Undoes the faults above if a test failed in the middle. Returns whether there were any."""
        [found] = json.loads(docker("inspect", self.name))
        state, networks = found["State"], found["NetworkSettings"]["Networks"]
        parted = [name for name in _NETWORKS if f"{self.project}_{name}" not in networks]
        if state["Paused"]:
            self.thaw()
        for network in parted:
            self.join(network)
        if not state["Running"]:
            self.start()
        return state["Paused"] or bool(parted) or not state["Running"]
