# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker's wall clock steps."""

import functools

from support.broker import Broker
from support.step_clock import StepClock
from world import World

_YEAR_S = 365 * 24 * 3600


def make_world(folder, seed):
    folder.mkdir(parents=True)
    clock = StepClock(folder)
    make_broker = functools.partial(Broker, environment=clock.environment)
    world = World(folder / "world", seed, make_broker=make_broker)
    world.clock = clock
    return world


def steps(world):
    """The clock steps by up to a year, both ways, under load and over restarts."""
    for _ in range(4):
        world.run_for(0.2, 0.6)
        world.clock.step_to(world.random.randint(-_YEAR_S, _YEAR_S))
        if world.random.random() < 0.5:
            world.broker.kill()
            world.broker.start()
    world.run_for(0.3, 0.6)
