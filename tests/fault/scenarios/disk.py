# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The disk under the journal loses its power, is full, or fails."""

import time

from support.power_loss import PowerLoss
from support.waiting import eventually
from world import World

_SEEDS = 1_000_000
_INTERVAL_S = 0.1
_SYNCHRONISATION_S = 1.5  # on a busy machine
_SECONDS_BETWEEN_MESSAGES = 0.02  # under "always", each message waits for the disk


def make_world(folder, seed):
    options = {"journal_sync": "always"}
    world = World(folder, seed, options=options, rate=_SECONDS_BETWEEN_MESSAGES)
    world.disk = PowerLoss(world.broker)
    return world


def make_interval_world(folder, seed):
    world = World(folder, seed, options={"journal_sync": f"{int(_INTERVAL_S * 1000)}ms"})
    world.disk = PowerLoss(world.broker)
    return world


def make_full_world(folder, seed):
    """Payloads that fill a segment in a second."""
    world = World(folder, seed, rate=0.05, padding=30_000)
    world.disk = PowerLoss(world.broker)
    return world


def _lose_power(world):
    world.disk.lose_power(world.random.randrange(_SEEDS))
    world.broker.start()


def power_lost(world):
    """Power fails under load, three times, under journal_sync always."""
    for _ in range(3):
        world.run_for(0.3, 1.5)
        _lose_power(world)
    world.run_for(0.3, 1)


def power_lost_pending(world):
    """Power fails three times while the database is frozen, so that every record is pending."""
    world.run_for(0.2, 0.5)
    world.server.suspend()
    for _ in range(3):
        world.run_for(0.3, 1)
        _lose_power(world)
    world.server.resume()
    world.run_for(0.3, 1)


def power_lost_interval(world):
    """Power fails under journal_sync 100ms: records older than that plus one synchronisation are kept."""
    world.run_for(0.2, 0.5)
    world.server.suspend()
    world.run_for(2.5, 3.5)
    world.broker.kill()
    killed_at = time.time()
    time.sleep(0.2)  # the devices read the last acknowledgements
    world.forgive(killed_at - _INTERVAL_S - _SYNCHRONISATION_S, time.time())
    _lose_power(world)
    world.server.resume()
    world.run_for(0.3, 1)


def full(world):
    """The disk is full for a while; the database is frozen until there is space again."""
    world.run_for(0.2, 0.5)
    world.server.suspend()
    world.disk.fail("allocate * ENOSPC", "write .segment ENOSPC", "write .new ENOSPC")
    is_told = lambda: "journal: no room on the disk" in world.broker.log
    eventually(is_told, 120, what="the disk isn't full")
    world.run_for(0.3, 1)
    world.disk.fail()
    world.server.resume()
    world.run_for(1, 2)


def failing(world):
    """Each synchronisation fails for a while; then the power fails too."""
    for _ in range(2):
        world.run_for(0.2, 0.5)
        world.disk.fail("map_sync .segment EIO")
        world.run_for(0.2, 0.8)
        world.disk.fail()
        world.run_for(0.2, 0.5)
    _lose_power(world)
    world.run_for(0.3, 1)
