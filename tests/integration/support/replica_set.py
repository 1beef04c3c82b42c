# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A simulated replica set, and the faults that a test causes in it:
tests/support/scripted_mongod/README.md."""

import functools

import pymongo

from support import build_tree
from support.child import Child
from support.database import Database
from support.port import HOST, free_port, is_open
from support.scripted_server import Control
from support.waiting import eventually

NAME = "rs0"


class ReplicaSet:
    """members: the number at the start. flags: the program's, as for ScriptedServer."""

    def __init__(self, folder, members=3, **flags):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.seeds = [f"{HOST}:{free_port()}" for _ in range(members)]
        ports = ",".join(seed.split(":")[1] for seed in self.seeds)
        command = [build_tree.SCRIPTED_MONGOD, "--port", self.port, "--replica-set", NAME]
        command += ["--members", ports]
        for name, value in flags.items():
            command += ["--" + name.replace("_", "-"), value]
        self.child = Child(command, folder / "replica_set.log", build_tree.clean_environment())
        self._controls = {}  # of single members

    def start(self):
        self.child.start()
        self.child.wait_until(lambda: is_open(self.port))
        self.await_primary()
        return self

    def stop(self):
        for control in self._controls.values():
            control.close()
        self.child.kill()

    def control_of(self, member):
        """The control of one member, which clients must be able to reach."""
        if member not in self._controls:
            self._controls[member] = Control(member)
        return self._controls[member]

    @functools.cached_property
    def control(self):
        return Control(f"{HOST}:{self.port}")

    def uri(self, parameters=""):
        """parameters: for example "&socketTimeoutMS=2000"."""
        return f"mongodb://{','.join(self.seeds)}/?replicaSet={NAME}{parameters}"

    def status(self):
        """The members by address: stateStr, term, logLength, commitPoint, documents, rolledBack."""
        members = self.control.command("replSetGetStatus")["members"]
        return {member["name"]: member for member in members}

    def in_state(self, state):
        return [name for name, member in self.status().items() if member["stateStr"] == state]

    def primary(self):
        """The address of the primary of the latest term; None if there is none."""
        status = self.status()
        primaries = [name for name in status if status[name]["stateStr"] == "PRIMARY"]
        return max(primaries, key=lambda name: status[name]["term"], default=None)

    def await_primary(self, other_than=None, deadline_s=30):
        """Waits for a primary other than `other_than`, and returns its address."""
        return eventually(
            lambda: (primary := self.primary()) != other_than and primary, deadline_s
        )

    def await_caught_up(self, deadline_s=60):
        """Waits until all members that are up have the same log and know that it is committed."""

        def is_caught_up():
            up = [
                (member["term"], member["logLength"], member["commitPoint"])
                for member in self.status().values()
                if member["stateStr"] in ("PRIMARY", "SECONDARY")
            ]
            return len(set(up)) == 1 and up[0][1] == up[0][2]

        eventually(is_caught_up, deadline_s, what=self.status)

    def step_down(self, kill_connections=False, seconds=1):
        self.control.command(
            "replSetStepDown", seconds, killConnections=kill_connections, force=True
        )

    def partition(self, members, from_clients=False):
        self.control.simulate("partition", members=members, fromClients=from_clients)

    def heal(self):
        self.control.simulate("heal")

    def asked(self, command):
        """How many times all first members together got the command. Each of them must be
        reachable."""
        return sum(self.control_of(name).stats().get(command, 0) for name in self.seeds)

    def rolled_back(self):
        """The number of documents that were rolled back, at all members together."""
        return sum(member["rolledBack"] for member in self.status().values())

    def committed(self, name="mongogw"):
        """A read-only database with the data that a majority has."""
        database = Database(f"mongodb://{HOST}:{self.port}/?directConnection=true")
        database.name = name
        return database

    def writer(self, member, write_concern=1):
        """A client of one member, whatever its state."""
        return pymongo.MongoClient(
            f"mongodb://{member}/?directConnection=true&w={write_concern}",
            serverSelectionTimeoutMS=20000,
        )
