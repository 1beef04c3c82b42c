# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The scripted MongoDB of tests/support: users, TLS and replica set names, where the embedded
server has none."""

from support import build_tree
from support.child import Child
from support.database import Database
from support.port import HOST, free_port, is_open


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

    def start(self):
        self.child.start()
        self.child.wait_until(lambda: is_open(self.port))
        return self

    def stop(self):
        self.child.kill()

    def database(self, credentials="", parameters=""):
        """credentials: "user:password@"; parameters: "?tls=true&…"."""
        return Database(f"mongodb://{credentials}{self.address}/{parameters}")
