# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The database doesn't answer the reads that tell the plugin which documents are stored."""

from support.database import Database
from support.scripted_server import ScriptedServer
from world import World

# The plugin gives up on a read after this time, not after the default of 30 s.
_PARAMETERS = "?socketTimeoutMS=1000"
_SLOW_MS = 1500
_PATIENT = {"shutdown_drain_ms": 60_000}


class _Impatient(Database):
    """Only the broker uses the short time-out."""

    @property
    def options(self):
        return {"mongo_uri": self.uri + _PARAMETERS, "database": self.name}


class _Server(ScriptedServer):
    def database(self):
        return _Impatient(f"mongodb://{self.address}/")


class _RefusedWorld(World):
    def audit(self):
        """The audit's reads are majority reads, too, so the fault must end first."""
        self.server.control.mend(self.fault)
        return super().audit()


def make_world(folder, seed):
    return World(folder, seed, make_database=_Server, options=_PATIENT)


def make_refused_world(folder, seed):
    return _RefusedWorld(folder, seed, make_database=_Server)


def _kill_in_doubt(world):
    """kill -9 under load, three times, while answers to inserts are lost. The fault goes on: the plugin
    must find out in spite of it which documents are stored."""
    for _ in range(3):
        world.run_for(0.2, 0.6)
        world.server.control.lose_insert_answers(world.random.randint(1, 4))
        world.run_for(0.2, 0.8)
        world.broker.kill()
        world.broker.start()
    world.run_for(0.3, 1)


def refused(world):
    """Majority reads are refused (148), answers to inserts are lost, and the broker is killed."""
    world.fault = world.server.control.refuse_majority_reads()
    _kill_in_doubt(world)


def slow(world):
    """Reads of several _ids are slow or never end, answers to inserts are lost; kill -9 of the broker."""
    world.server.control.slow_id_lists(ms=world.random.choice([0, _SLOW_MS]))
    _kill_in_doubt(world)
