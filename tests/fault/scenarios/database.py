# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""One database server ends, freezes or is away."""


def freeze(world):
    """SIGSTOP: connections stay open, and nobody answers."""
    for _ in range(2):
        world.run_for(0.3, 1)
        world.server.suspend()
        world.run_for(0.5, 2)
        world.server.resume()
    world.run_for(0.3, 1)


def kill(world):
    """kill -9 in the middle of inserts; it is back at once."""
    for _ in range(3):
        world.run_for(0.3, 1)
        world.server.stop()
        world.server.start()
    world.run_for(0.3, 1)


def away(world):
    """It is gone for a while, and the broker starts twice meanwhile."""
    world.run_for(0.3, 1)
    world.server.stop()
    for _ in range(2):
        world.run_for(0.3, 1)
        world.broker.kill()
        world.broker.start()
    world.server.start()
    world.run_for(0.3, 1)
