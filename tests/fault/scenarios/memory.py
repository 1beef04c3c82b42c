# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The kernel kills the broker for exceeding its container's memory limit."""

from support.container_broker import ContainerBroker
from support.mqtt import V311, Client
from world import World

_LIMIT = "40m"
_FLOOD_BYTES = 64 * 1024
_FLOOD_MESSAGES = 2000  # three times the limit


def _make_broker(folder, options):
    return ContainerBroker(folder, options, _LIMIT, config="max_queued_messages 0")


def make_world(folder, seed):
    return World(folder, seed, make_broker=_make_broker)


def _subscriber_that_is_away(broker, topic):
    """The broker keeps messages for this subscriber in memory."""
    with Client(broker, V311, client_id="away", clean=False) as client:
        client.subscribe(topic, 1)


def kill(world):
    """Messages for an absent subscriber fill the broker's memory, twice."""
    for _ in range(2):
        world.run_for(0.3, 1)
        _subscriber_that_is_away(world.broker, "flood/#")
        with Client(world.broker) as client:
            for _ in range(_FLOOD_MESSAGES):
                client.send("flood/a", bytes(_FLOOD_BYTES), qos=1)
            world.broker.await_memory_kill()
        world.broker.start()
    world.run_for(0.3, 1)
