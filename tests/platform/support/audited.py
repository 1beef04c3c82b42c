# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Devices in a container that record acknowledged messages, and an audit of the stored documents."""

import json

from support.engine import docker, image


class AuditedDevices:
    def __init__(self, sandbox, *flags, limits=()):
        """flags: flags of device-sim in addition to the broker, the quality of service and the ledger."""
        self._sandbox = sandbox
        self._mount = f"--volume={sandbox.folder}:/ledgers"
        command = ("--broker=broker", "--qos=1", "--sequence", "--ledger=/ledgers/ledger", "--json")
        self.container = sandbox.run(
            "device-sim", self._mount, *limits, command=(*command, *flags)
        )

    def ends(self, deadline_s):
        """Waits until the devices have ended, and returns (exit code, summary)."""
        code = self.container.await_end(deadline_s)
        return code, json.loads(self.container.log.splitlines()[-1])

    def acknowledged(self):
        path = self._sandbox.folder / "ledger"
        text = path.read_text() if path.exists() else ""
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        done = [line for line in lines if line["acknowledged"] is not None]
        return len({(line["device"], line["sequence"]) for line in done})

    def assert_audit_passes(self, options):
        environment = [f"--env=MONGO_STORE_{name.upper()}={of}" for name, of in options.items()]
        flags = [f"--network={self._sandbox.network}", self._mount, *environment]
        flags += ["--rm", "--entrypoint=mongo-store", image("broker")]
        command = ["audit", "--json", "--message-ids", "/ledgers/ledger"]
        lines = docker("run", *flags, *command, accepted=(0, 1)).splitlines()
        found = json.loads(next(line for line in lines if line.startswith("{")))
        print(found)
        assert found["passed"] and found["acknowledged"] > 0, found
        for name in ("missing", "doubled", "unexpected", "dead_lettered"):
            assert found[name] == 0, found
        return found
