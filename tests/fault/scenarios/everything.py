# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Faults of the broker and the database that overlap."""

_FAULTS = 8


def all_at_once(world):
    """Eight faults, each of which may begin before the previous one has ended."""
    faults = [world.server.suspend, world.server.resume, world.broker.kill, _restart_database]
    for _ in range(_FAULTS):
        world.run_for(0.1, 0.5)
        if not world.broker.child.is_running():
            world.broker.start()
        fault = world.random.choice(faults)
        if fault is _restart_database:
            fault(world)
        else:
            fault()
    world.server.resume()
    if not world.broker.child.is_running():
        world.broker.start()
    world.run_for(0.3, 1)


def _restart_database(world):
    world.server.stop()
    world.server.start()
