# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Members of a real replica set end, freeze, step down, roll back, join and leave."""

from fleet import Fleet
from support.real_set import RealSet
from support.waiting import eventually
from world import World

_RATE = 0.01
_IDS_AT_ONCE = 1000


class RealSetWorld(World):
    """Four devices, QoS 1: two of MQTT 3.1.1, two of MQTT 5."""

    def __init__(self, folder, seed, options=()):
        super().__init__(folder, seed, RealSet, options=options, rate=_RATE)

    def make_fleets(self):
        flags = {"qos": 1, "devices": 2, **self._load}
        return [
            Fleet(self.folder, f"qos1_mqtt{version}", self.broker, protocol=version, **flags)
            for version in ("3.1.1", "5")
        ]

    def audit(self):
        self.rolled_back = len(self.server.rolled_back())
        return super().audit()


class ControlWorld(RealSetWorld):
    """Uses write concern 1, which promises nothing."""

    def __init__(self, folder, seed):
        super().__init__(folder, seed, {"write_concern": "1"})

    def audit(self):
        ids = list(self.server.rolled_back())
        parts = [ids[i : i + _IDS_AT_ONCE] for i in range(0, len(ids), _IDS_AT_ONCE)]
        there = sum(self.database.devices.count_documents({"_id": {"$in": p}}) for p in parts)
        self._never_sent_again = len(ids) - there
        return super().audit()

    def keeps_promise(self, found):
        """Returns whether exactly those documents are missing that were rolled back and that nobody sent
        again. This shows what the promise prevents."""
        return 0 < found["missing"] == self._never_sent_again and self.is_clean(found)


def primary_killed(world):
    """kill -9 of the primary, which comes back later, twice."""
    replica_set = world.server
    for _ in range(2):
        world.run_for(1, 3)
        primary = replica_set.await_primary()
        primary.kill()
        replica_set.await_primary(other_than=primary)
        world.run_for(1, 3)
        primary.launch()
        replica_set.await_all()
    world.run_for(1, 2)


def stepped_down(world):
    """The primary steps down twice: first once it has a successor, then without one."""
    for force in (False, True):
        world.run_for(1, 3)
        primary = world.server.step_down(force)
        world.server.await_primary(other_than=primary)
        world.run_for(1, 3)
    world.server.await_all()


def frozen(world):
    """SIGSTOP of the primary until the others have elected another one, twice."""
    replica_set = world.server
    for _ in range(2):
        world.run_for(1, 3)
        primary = replica_set.await_primary()
        primary.suspend()
        replica_set.await_primary(other_than=primary)
        world.run_for(1, 3)
        primary.resume()
        replica_set.await_all()
    world.run_for(1, 2)


def both_killed(world):
    """kill -9 of the primary and of the broker, which starts while there is no primary."""
    replica_set = world.server
    world.run_for(1, 3)
    primary = replica_set.await_primary()
    primary.kill()
    world.run_for(0.2, 1)
    world.broker.kill()
    world.broker.start()
    replica_set.await_primary(other_than=primary)
    primary.launch()
    replica_set.await_all()
    world.run_for(1, 2)


def resized(world):
    """The set grows from three members to five, and then loses two of the first three."""
    replica_set = world.server
    first = list(replica_set.members)
    for _ in range(2):
        world.run_for(1, 2)
        replica_set.grow()
    for member in world.random.sample(first, 2):
        world.run_for(1, 2)
        replica_set.shrink(member)
    world.run_for(1, 2)


def rolled_back(world):
    """A lone primary accepts writes that the others never see, and rolls them back later."""
    replica_set = world.server
    world.run_for(1, 3)
    primary = replica_set.await_primary()
    others = [member for member in replica_set.members if member is not primary]
    for member in others:
        member.kill()
    world.run_for(3, 4)  # the primary would step down after ten seconds
    primary.suspend()
    for member in others:
        member.launch()
    replica_set.await_primary(other_than=primary)
    primary.resume()
    eventually(primary.rolled_back, 120, 0.5, what="nothing was rolled back")
    replica_set.await_all()
    world.run_for(1, 2)


def rolled_back_under_1(world):
    """Control run with write_concern 1: exactly the rolled-back documents are lost."""
    rolled_back(world)
