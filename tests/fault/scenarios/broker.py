# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker ends, in one way or another, and starts again."""


def kill(world):
    """kill -9 under load, three times; the broker is started again at once."""
    for _ in range(3):
        world.run_for(0.3, 1.5)
        world.broker.kill()
        world.broker.start()
    world.run_for(0.3, 1)


def stop_and_start(world):
    """SIGTERM under load, three times."""
    for _ in range(3):
        world.run_for(0.3, 1.5)
        world.broker.restart()
    world.run_for(0.3, 1)


def kill_while_starting(world):
    """kill -9 at some moment of each start, with records pending."""
    world.server.suspend()
    world.run_for(0.5, 1)
    world.broker.kill()
    for _ in range(4):
        world.broker.launch()
        world.run_for(0, 0.1)
        world.broker.kill()
    world.server.resume()
    world.broker.start()
    world.run_for(0.3, 1)
