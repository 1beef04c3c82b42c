# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The scripted MongoDB of tests/support: users, TLS and replica set names, where the embedded
server has none."""

import functools

import pymongo

from support import build_tree
from support.child import Child
from support.database import Database
from support.port import HOST, free_port, is_open


class Control:
    """Tells a scripted server what goes wrong: tests/support/scripted_mongod/README.md."""

    def __init__(self, address):
        self._client = pymongo.MongoClient(
            f"mongodb://{address}/?directConnection=true", serverSelectionTimeoutMS=20000
        )
        self._admin = self._client.admin

    def close(self):
        self._client.close()

    def fail(self, commands, mode="alwaysOn", name="failCommand", **data):
        """mode: "alwaysOn", a number of times, or {"skip": n}. data: the fail point's."""
        mode = {"times": mode} if isinstance(mode, int) else mode
        data = {"failCommands": commands, **data}
        self._admin.command("configureFailPoint", name, mode=mode, data=data)

    def mend(self, name="failCommand"):
        """Turns it off and returns how often it struck."""
        return self._admin.command("configureFailPoint", name, mode="off")["count"]

    def command(self, *command, **fields):
        return self._admin.command(*command, **fields)

    def simulate(self, action, **fields):
        return self._admin.command("simulate", action, **fields)

    def stats(self):
        return self._admin.command("scriptedStats")

    def strikes(self, name="failCommand"):
        return self.stats()["failPoints"].get(name, 0)


class ScriptedServer:
    """flags: the program's, without dashes in front: replica_set="rs0" is --replica-set rs0."""

    def __init__(self, folder, **flags):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        command = [build_tree.SCRIPTED_MONGOD, "--port", self.port]
        for name, value in flags.items():
            command += ["--" + name.replace("_", "-"), value]
        self.child = Child(command, folder / "server.log", build_tree.clean_environment())

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @functools.cached_property
    def control(self):
        return Control(self.address)

    def start(self):
        self.child.start()
        self.child.wait_until(lambda: is_open(self.port))
        return self

    def stop(self):
        self.child.kill()

    def database(self, credentials="", parameters=""):
        """credentials: "user:password@"; parameters: "?tls=true&…"."""
        return Database(f"mongodb://{credentials}{self.address}/{parameters}")
