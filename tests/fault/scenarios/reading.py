# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The database doesn't answer the reads by which the plugin learns what is stored."""

from support.database import Database
from support.scripted_server import ScriptedServer
from world import World

# The plugin gives up a read after this time, not after the default of 30 s.
_PARAMETERS = "?socketTimeoutMS=1000"
_SLOW_MS = 1500
_PATIENT = {"shutdown_drain_ms": 60_000}


class _Impatient(Database):
    """Only the broker is."""

    @property
    def options(self):
        return {"mongo_uri": self.uri + _PARAMETERS, "database": self.name}


class _Server(ScriptedServer):
    def database(self):
        return _Impatient(f"mongodb://{self.address}/")


class _RefusedWorld(World):
    def audit(self):
        """Its own reads are majority reads, too."""
        self.server.control.mend(self.fault)
        return super().audit()


def make_world(folder, seed):
    return World(folder, seed, make_database=_Server, options=_PATIENT)


def make_refused_world(folder, seed):
    return _RefusedWorld(folder, seed, make_database=_Server)


def _kill_in_doubt(world):
    """kill -9 under load, three times, while answers of inserts are lost. The fault stays on: what is
    stored is found out in spite of it."""
    for _ in range(3):
        world.run_for(0.2, 0.6)
        world.server.control.lose_insert_answers(world.random.randint(1, 4))
        world.run_for(0.2, 0.8)
        world.broker.kill()
        world.broker.start()
    world.run_for(0.3, 1)


def refused(world):
    """Reads at read concern majority are refused (148); inserts' answers are lost, and kill -9."""
    world.fault = world.server.control.refuse_majority_reads()
    _kill_in_doubt(world)


def slow(world):
    """Reads of several _ids at once are slow, or never end; inserts' answers are lost, and kill -9."""
    world.server.control.slow_id_lists(ms=world.random.choice([0, _SLOW_MS]))
    _kill_in_doubt(world)
