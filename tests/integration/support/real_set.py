# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A replica set of real mongod processes with users, and the faults that a scenario causes in
it."""

import itertools
import os
import secrets

import bson
import pymongo
from pymongo.errors import AutoReconnect, PyMongoError

from support import build_tree, mongod
from support.child import Child
from support.database import Database
from support.port import HOST, free_port, is_open
from support.waiting import eventually

NAME = "rs0"
_ADMINISTRATOR, _WRITER = "administrator", "mongogw"
_CREDENTIALS = "authSource=admin&authMechanism=SCRAM-SHA-256"
_START_S = 120
_ELECTION_S = 120
_SYNC_S = 300
_SELECTION_MS, _COMMAND_MS = 10_000, 30_000
_STEP_DOWN_S = 20
_PRIMARY, _SECONDARY = 1, 2  # of replSetGetStatus


class Member(Child):
    """One mongod. Its data remain after it ends."""

    def __init__(self, folder, key_file, password):
        self._folder = folder
        self._uri = f"mongodb://{_ADMINISTRATOR}:{password}@"
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        self.is_suspended = False
        self._client = None
        (folder / "data").mkdir(parents=True)
        command = [mongod.find(), "--replSet", NAME, "--keyFile", key_file]
        command += ["--dbpath", folder / "data", "--bind_ip", HOST, "--port", self.port]
        command += ["--nounixsocket", "--oplogSize", 256, "--wiredTigerCacheSizeGB", 0.25]
        super().__init__(command, folder / "mongod.log", build_tree.clean_environment())

    def launch(self):
        self.start()
        self.wait_until(lambda: is_open(self.port), _START_S)

    def suspend(self):
        super().suspend()
        self.is_suspended = True

    def resume(self):
        super().resume()
        self.is_suspended = False

    def kill(self):
        self.close()
        self.is_suspended = False
        return super().kill()

    def close(self):
        if self._client:
            self._client.close()
        self._client = None

    def new_client(self, credentials=""):
        """A client of this member only, whatever its state."""
        return pymongo.MongoClient(
            f"{credentials or 'mongodb://'}{self.address}/?directConnection=true"
            + (f"&{_CREDENTIALS}" if credentials else ""),
            serverSelectionTimeoutMS=_SELECTION_MS,
            socketTimeoutMS=_COMMAND_MS,
        )

    def execute(self, *command, **more):
        """Runs a command as the administrator."""
        self._client = self._client or self.new_client(self._uri)
        return self._client.admin.command(*command, **more)

    def status(self):
        """The answers to isMaster and replSetGetStatus; empty if it doesn't answer."""
        if self.is_suspended or not self.is_running():
            return {}
        try:
            return {**self.execute("isMaster"), **self.execute("replSetGetStatus")}
        except PyMongoError:
            return {}

    def rolled_back(self):
        """The readings that it rolled back. mongod writes them to files once it has finished."""
        files = (self._folder / "data").glob("rollback/**/*.bson")
        try:
            found = [document for file in files for document in bson.decode_all(file.read_bytes())]
        except bson.errors.InvalidBSON:  # one is still being written
            return []
        return [document for document in found if "deviceUID" in document]


class RealSet:
    """Has three members at first, which authenticate each other by a key file, and everybody else
    by SCRAM-SHA-256."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(parents=True)
        self._key_file = folder / "key"
        with open(os.open(self._key_file, os.O_CREAT | os.O_WRONLY, 0o400), "w") as file:
            file.write(secrets.token_hex(256))
        self._passwords = {name: secrets.token_hex(16) for name in (_ADMINISTRATOR, _WRITER)}
        self._numbers = itertools.count()
        self.members = [self._make_member() for _ in range(3)]
        self._seeds = ",".join(member.address for member in self.members)
        self._removed = []

    def _make_member(self):
        folder = self._folder / f"member_{next(self._numbers)}"
        return Member(folder, self._key_file, self._passwords[_ADMINISTRATOR])

    def start(self):
        for member in self.members:
            member.launch()
        self._initiate()
        self._create_user(self.await_primary().execute, _WRITER, ["readWriteAnyDatabase"])
        self.await_all()
        return self

    def stop(self):
        for member in [*self.members, *self._removed]:
            member.close()
            if member.is_running():
                member.kill()

    def _initiate(self):
        """Members accept commands without authentication until there is a user."""
        members = [{"_id": i, "host": m.address} for i, m in enumerate(self.members)]
        clients = [member.new_client() for member in self.members]
        clients[0].admin.command("replSetInitiate", {"_id": NAME, "members": members})
        is_primary = lambda client: client.admin.command("isMaster")["ismaster"]
        primary = eventually(lambda: [c for c in clients if is_primary(c)], _ELECTION_S)[0]
        self._create_user(primary.admin.command, _ADMINISTRATOR, ["root"])
        for client in clients:
            client.close()

    def _create_user(self, command, name, roles):
        command(
            "createUser",
            name,
            pwd=self._passwords[name],
            roles=roles,
            mechanisms=["SCRAM-SHA-256"],
            writeConcern={"w": "majority"},
        )

    def database(self):
        user = f"{_WRITER}:{self._passwords[_WRITER]}"
        return Database(f"mongodb://{user}@{self._seeds}/?replicaSet={NAME}&{_CREDENTIALS}")

    def primary(self):
        """The member that accepts writes, of the latest term; None if there is none. A newly
        elected one first copies what it can get from the one before, committed or not."""
        statuses = [(member.status(), member) for member in self.members]
        found = [(s["term"], m) for s, m in statuses if s.get("ismaster")]
        return max(found, key=lambda pair: pair[0], default=(0, None))[1]

    def await_primary(self, other_than=None):
        is_new = lambda: (primary := self.primary()) is not other_than and primary
        return eventually(is_new, _ELECTION_S, 0.2, what="no primary")

    def await_all(self):
        """Waits until each member is the primary or follows it."""

        def are_all():
            states = sorted(member.status().get("myState", 0) for member in self.members)
            return states == [_PRIMARY] + [_SECONDARY] * (len(self.members) - 1)

        eventually(are_all, _SYNC_S, 0.5, what=self._states)

    def _states(self):
        return {m.address: m.status().get("myState", "no answer") for m in self.members}

    def step_down(self, force):
        """Makes the primary step down and returns it."""

        def is_done():
            primary = self.primary()
            if not primary:
                return None
            try:
                primary.execute("replSetStepDown", _STEP_DOWN_S, force=force)
            except AutoReconnect:
                pass  # MongoDB 4.0 and older close the connection
            except PyMongoError:
                return None  # no other member is caught up
            return primary

        return eventually(is_done, _ELECTION_S, 0.5, what="nobody steps down")

    def grow(self):
        member = self._make_member()
        self.members.append(member)
        member.launch()
        self._reconfigure()
        self.await_all()

    def shrink(self, member):
        """Removes the member from the set, and then ends it."""
        if self.primary() is member:
            self.step_down(force=True)
            self.await_primary(other_than=member)
        self.members.remove(member)
        self._removed.append(member)
        self._reconfigure()
        member.kill()
        self.await_all()

    def _reconfigure(self):
        """Changes the set to self.members, which has one member more or less."""
        wanted = {member.address for member in self.members}
        refusals = []

        def is_done():
            primary = self.primary()
            try:
                return primary and _is_configured(primary, wanted)
            except PyMongoError as error:  # for example: the change before isn't committed yet
                refusals.append(str(error))
                return False

        eventually(is_done, _SYNC_S, 0.5, what=lambda: f"no new configuration: {refusals[-1:]}")

    def rolled_back(self):
        """The documents that any member rolled back, by _id."""
        members = [*self.members, *self._removed]
        return {d["_id"]: d for member in members for d in member.rolled_back()}


def _is_configured(primary, addresses):
    """True once the set has these members; otherwise asks it to change."""
    config = primary.execute("replSetGetConfig")["config"]
    if {entry["host"] for entry in config["members"]} == addresses:
        return True
    primary.execute("replSetReconfig", _with_members(config, addresses))
    return False


def _with_members(config, addresses):
    """The next configuration, with the entries of members that remain unchanged."""
    entries = [entry for entry in config["members"] if entry["host"] in addresses]
    number = max(entry["_id"] for entry in config["members"]) + 1
    for address in sorted(addresses - {entry["host"] for entry in entries}):
        entries.append({"_id": number, "host": address})
        number += 1
    return {**config, "version": config["version"] + 1, "members": entries}
