# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""All scenarios, by name."""

from dataclasses import dataclass
from typing import Callable

from scenarios import broker, clock, database, disk, everything, journal, memory, network, replica_set
from world import World


@dataclass(frozen=True)
class Scenario:
    """fault(world) strikes under load, and leaves everything able to work again."""

    fault: Callable
    make_world: Callable = World

    @property
    def says(self):
        return self.fault.__doc__.split("\n")[0]


SCENARIOS = {
    "broker_killed": Scenario(broker.kill),
    "broker_killed_starting": Scenario(broker.kill_while_starting),
    "broker_out_of_memory": Scenario(memory.kill, memory.make_world),
    "broker_stopped": Scenario(broker.stop_and_start),
    "database_frozen": Scenario(database.freeze),
    "database_killed": Scenario(database.kill),
    "database_away": Scenario(database.away),
    "connections_cut": Scenario(network.cut, network.make_world),
    "primary_killed": Scenario(replica_set.primary_killed, replica_set.make_world),
    "primary_steps_down": Scenario(replica_set.stepped_down, replica_set.make_world),
    "primary_rolled_back": Scenario(replica_set.rolled_back, replica_set.make_world),
    "no_majority": Scenario(replica_set.no_majority, replica_set.make_world),
    "set_resized": Scenario(replica_set.resized, replica_set.make_world),
    "set_slow": Scenario(replica_set.slow, replica_set.make_world),
    "journal_damaged": Scenario(journal.damage),
    "journal_full": Scenario(journal.full, journal.make_small_world),
    "power_lost": Scenario(disk.power_lost, disk.make_world),
    "power_lost_pending": Scenario(disk.power_lost_pending, disk.make_world),
    "power_lost_interval": Scenario(disk.power_lost_interval, disk.make_interval_world),
    "disk_full": Scenario(disk.full, disk.make_full_world),
    "disk_failing": Scenario(disk.failing, disk.make_world),
    "clock_steps": Scenario(clock.steps, clock.make_world),
    "all_at_once": Scenario(everything.all_at_once),
}
