# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A single database server ends, freezes or is unavailable."""


def freeze(world):
    """SIGSTOP: connections stay open, but the server doesn't answer."""
    for _ in range(2):
        world.run_for(0.3, 1)
        world.server.suspend()
        world.run_for(0.5, 2)
        world.server.resume()
    world.run_for(0.3, 1)


def kill(world):
    """kill -9 in the middle of inserts; the server is started again at once."""
    for _ in range(3):
        world.run_for(0.3, 1)
        world.server.stop()
        world.server.start()
    world.run_for(0.3, 1)


def away(world):
    """The database is gone for a while, and the broker is restarted twice meanwhile."""
    world.run_for(0.3, 1)
    world.server.stop()
    for _ in range(2):
        world.run_for(0.3, 1)
        world.broker.kill()
        world.broker.start()
    world.server.start()
    world.run_for(0.3, 1)
