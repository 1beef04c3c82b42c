# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""All scenarios, by name."""

import ast
import importlib
import pathlib
from dataclasses import dataclass

_FOLDER = pathlib.Path(__file__).parent


def _load(name):
    """Returns MODULE.FUNCTION of this folder."""
    module, function = name.split(".")
    return getattr(importlib.import_module(f"scenarios.{module}"), function)


@dataclass(frozen=True)
class Scenario:
    """Functions are given by name, because their modules load packages that may not be installed yet
    when only help is wanted. fault(world) strikes under load, and leaves everything able to work again."""

    fault: str
    world: str = ""
    load: tuple = ()  # further arguments of the world, as pairs

    @property
    def says(self):
        module, function = self.fault.split(".")
        (found,) = (
            node
            for node in ast.parse((_FOLDER / f"{module}.py").read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name == function
        )
        return ast.get_docstring(found).split("\n")[0]

    def make_world(self, folder, seed):
        from world import World

        return (_load(self.world) if self.world else World)(folder, seed, **dict(self.load))

    def strike(self, world):
        _load(self.fault)(world)


SCENARIOS = {
    "broker_killed": Scenario("broker.kill"),
    "broker_killed_starting": Scenario("broker.kill_while_starting"),
    "broker_out_of_memory": Scenario("memory.kill", "memory.make_world"),
    "broker_stopped": Scenario("broker.stop_and_start"),
    "qos2_resent": Scenario("devices.resent", "devices.make_world"),
    "bridge_reconnects": Scenario("bridge.reconnects", "bridge.make_world"),
    "database_frozen": Scenario("database.freeze"),
    "database_killed": Scenario("database.kill"),
    "database_away": Scenario("database.away"),
    "read_back_refused": Scenario("reading.refused", "reading.make_refused_world"),
    "read_back_slow": Scenario("reading.slow", "reading.make_world"),
    "throttled": Scenario("refusing.throttled", "refusing.make_world"),
    "slow_poison": Scenario("refusing.poison", "refusing.make_poison_world"),
    "connections_cut": Scenario("network.cut", "network.make_world"),
    "primary_killed": Scenario("replica_set.primary_killed", "replica_set.make_world"),
    "primary_steps_down": Scenario("replica_set.stepped_down", "replica_set.make_world"),
    "primary_rolled_back": Scenario("replica_set.rolled_back", "replica_set.make_world"),
    "no_majority": Scenario("replica_set.no_majority", "replica_set.make_world"),
    "set_resized": Scenario("replica_set.resized", "replica_set.make_world"),
    "set_slow": Scenario("replica_set.slow", "replica_set.make_world"),
    "journal_damaged": Scenario("journal.damage"),
    "journal_full": Scenario("journal.full", "journal.make_small_world"),
    "power_lost": Scenario("disk.power_lost", "disk.make_world"),
    "power_lost_pending": Scenario("disk.power_lost_pending", "disk.make_world"),
    "power_lost_interval": Scenario("disk.power_lost_interval", "disk.make_interval_world"),
    "disk_full": Scenario("disk.full", "disk.make_full_world"),
    "disk_failing": Scenario("disk.failing", "disk.make_world"),
    "clock_steps": Scenario("clock.steps", "clock.make_world"),
    "all_at_once": Scenario("everything.all_at_once"),
}

# Run only with --only: they are slow, or need most of the machine.
ON_REQUEST = {
    "soak_embedded": Scenario("soak.killed_when_large", "soak.SoakWorld"),
}

# With a replica set of real mongod processes.
REAL_SET = {
    "set_resized": Scenario("real_set.resized", "real_set.RealSetWorld"),
    "primary_killed": Scenario("real_set.primary_killed", "real_set.RealSetWorld"),
    "primary_steps_down": Scenario("real_set.stepped_down", "real_set.RealSetWorld"),
    "primary_frozen": Scenario("real_set.frozen", "real_set.RealSetWorld"),
    "broker_killed": Scenario("broker.kill", "real_set.RealSetWorld"),
    "both_killed": Scenario("real_set.both_killed", "real_set.RealSetWorld"),
    "primary_rolled_back": Scenario("real_set.rolled_back", "real_set.RealSetWorld"),
    "rolled_back_under_1": Scenario("real_set.rolled_back_under_1", "real_set.ControlWorld"),
}
