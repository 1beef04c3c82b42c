# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Members of a simulated replica set end, step down, are cut off, join and leave."""

from support.database import Database
from support.port import HOST
from support.replica_set import ReplicaSet
from world import World

# How long a driver waits for an answer from a member that it can no longer reach.
_PARAMETERS = "&socketTimeoutMS=2000&serverSelectionTimeoutMS=2000"


class _Committed(Database):
    """A read-only view of the data that a majority has; the broker writes to the set."""

    def __init__(self, replica_set):
        super().__init__(f"mongodb://{HOST}:{replica_set.port}/?directConnection=true")
        self._set_uri = replica_set.uri(_PARAMETERS)

    @property
    def options(self):
        return {"mongo_uri": self._set_uri, "database": self.name}


class _Set(ReplicaSet):
    def database(self):
        return _Committed(self)


def make_world(folder, seed):
    return World(folder, seed, make_database=_Set)


def primary_killed(world):
    """The primary ends, and comes back later, three times."""
    replica_set = world.server
    for _ in range(3):
        world.run_for(0.2, 0.8)
        primary = replica_set.await_primary()
        replica_set.control.simulate("stopMembers", members=[primary])
        replica_set.await_primary(other_than=primary)
        world.run_for(0.1, 0.5)
        replica_set.control.simulate("startMembers", members=[primary])
        replica_set.await_caught_up()
    world.run_for(0.3, 1)


def stepped_down(world):
    """The primary steps down, four times, with and without closing its connections."""
    for _ in range(4):
        world.run_for(0.2, 0.8)
        primary = world.server.await_primary()
        world.server.step_down(kill_connections=world.random.random() < 0.5)
        world.server.await_primary(other_than=primary)
    world.run_for(0.3, 1)


def rolled_back(world):
    """The primary is cut off and accepts writes that are rolled back, three times."""
    replica_set = world.server
    for _ in range(3):
        world.run_for(0.2, 0.8)
        primary = replica_set.await_primary()
        replica_set.partition([primary], from_clients=world.random.random() < 0.5)
        replica_set.await_primary(other_than=primary)
        world.run_for(0.1, 0.5)
        replica_set.heal()
        replica_set.await_caught_up()
    world.run_for(0.3, 1)


def no_majority(world):
    """Both secondaries end: no write is confirmed until they are back."""
    world.run_for(0.2, 0.8)
    secondaries = world.server.in_state("SECONDARY")
    world.server.control.simulate("stopMembers", members=secondaries)
    world.run_for(1, 3)
    world.broker.kill()
    world.broker.start()
    world.run_for(0.5, 1)
    world.server.control.simulate("startMembers", members=secondaries)
    world.server.await_primary()
    world.run_for(0.3, 1)


def resized(world):
    """The set grows from three members to five, and then loses two of the first three."""
    replica_set = world.server
    first = list(replica_set.seeds)
    for _ in range(2):
        world.run_for(0.1, 0.5)
        replica_set.control.simulate("addMember")
    replica_set.await_caught_up()
    for name in world.random.sample(first, 2):
        world.run_for(0.1, 0.5)
        replica_set.control.simulate("removeMembers", members=[name])
        replica_set.await_primary(other_than=name)
    world.run_for(0.3, 1)


def slow(world):
    """Inserts take up to 2.5 seconds; the driver waits for two. Some are applied before the delay."""
    for _ in range(2):
        world.run_for(0.2, 0.8)
        for_ms = world.random.randint(200, 2500)
        is_done_first = world.random.random() < 0.5
        world.server.control.fail(
            ["insert"],
            mode=world.random.randint(1, 4),
            blockConnection=True,
            blockTimeMS=for_ms,
            applyFirst=is_done_first,
        )
        world.run_for(1, 3)
        world.server.control.mend()
    world.run_for(0.3, 1)
