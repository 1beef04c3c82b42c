# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""MongoDB-compatible servers, and a separate database in one for each test."""

import os
import uuid

import pymongo

from support import build_tree, mongod
from support.child import Child
from support.port import HOST, free_port, is_open


class EmbeddedServer(Child):
    """FerretDB over SQLite in one process: no authentication, no replica set."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        command = [build_tree.EMBEDDED_MONGODB, "-listen", f"{HOST}:{self.port}"]
        command += ["-dir", folder / "data"]
        super().__init__(command, folder / "server.log", build_tree.clean_environment())


class MongodServer(Child):
    """A real mongod."""

    def __init__(self, folder):
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        command = [mongod.find(), "--dbpath", data, "--bind_ip", HOST]
        command += ["--port", self.port]
        super().__init__(command, folder / "server.log", build_tree.clean_environment())


class Server:
    """A server for one test, which may stop, freeze and restart it with the same port and data."""

    def __init__(self, folder):
        kind = MongodServer if mongod.find() else EmbeddedServer
        self.child = kind(folder)

    @property
    def uri(self):
        return f"mongodb://{HOST}:{self.child.port}/"

    def start(self):
        self.child.start()
        self.child.wait_until(lambda: is_open(self.child.port))
        return self

    def stop(self):
        """Ends it at once, like a database that disappears."""
        self.child.kill()

    def suspend(self):
        self.child.suspend()

    def resume(self):
        self.child.resume()

    def database(self):
        return Database(self.uri)


class GivenServer:
    """A server that the person who runs the tests has set up."""

    def __init__(self, uri):
        self.uri = uri

    def database(self):
        return Database(self.uri)


def given_uri():
    return os.environ.get("MONGO_STORE_TEST_MONGO_URI", "")


class Database:
    """A database with a unique name; the plugin writes to it and the test reads it."""

    def __init__(self, uri):
        self.uri = uri
        self.name = f"test_{uuid.uuid4().hex[:16]}"
        self._client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=20000, tz_aware=True)

    @property
    def options(self):
        """The plugin's options for this database."""
        return {"mongo_uri": self.uri, "database": self.name}

    def collection(self, name="devices"):
        return self._client[self.name][name]

    @property
    def devices(self):
        return self.collection("devices")

    @property
    def dead_letters(self):
        return self.collection("devices_dead_letter")

    def drop(self):
        self._client.drop_database(self.name)

    def close(self):
        self._client.close()
