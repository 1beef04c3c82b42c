# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Devices under load on the devices' own network, and their acknowledged messages."""

import json
import uuid

from support.engine import docker, image

_END_S = 30  # device-sim itself waits 10 s for missing acknowledgements


class Fleet:
    """One device-sim in a container; runs from start() to end()."""

    def __init__(self, platform, **flags):
        self._platform = platform
        self.name = f"{platform.project}-fleet-{uuid.uuid4().hex[:8]}"
        self.ledger = platform.ledgers / f"{self.name}.ledger"
        self._flags = [f"--{name}={value}" for name, value in flags.items()]

    def start(self, broker="vip"):
        network, ledgers = self._platform.network("front"), self._platform.ledgers
        where = [f"--name={self.name}", f"--network={network}", f"--volume={ledgers}:/ledgers"]
        what = [f"--broker={broker}", "--sequence", f"--ledger=/ledgers/{self.ledger.name}"]
        what += self._flags
        docker("run", "--detach", *where, image("device-sim"), *what)
        return self

    def end(self):
        docker("stop", f"--time={_END_S}", self.name)

    def remove(self):
        docker("rm", "--force", self.name)

    def devices(self):
        return {line["device"] for line in self._lines()}

    def acknowledged(self):
        """Returns the number of acknowledged messages."""
        done = [line for line in self._lines() if line["acknowledged"] is not None]
        return len({(line["device"], line["sequence"]) for line in done})

    def _lines(self):
        """Leaves out a last line that is still being written."""
        text = self.ledger.read_text() if self.ledger.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
