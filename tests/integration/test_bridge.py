# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A bridge sends all retained messages of the other broker each time it connects."""

import pytest
from support.mqtt import Client, await_balance, publish, reading
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

RESTARTS = 3


@pytest.fixture
def upstream(make_broker):
    return make_broker().start()


@pytest.fixture
def make_bridged(make_broker, database, upstream):
    """A broker with the plugin, which gets device/# from upstream over a bridge."""

    def make(**options):
        bridge = [
            "connection upstream",
            f"address {upstream.host}:{upstream.port}",
            "topic device/# in 1",
            "cleansession true",
            "restart_timeout 1",
            "try_private false",
        ]
        return make_broker({**database.options, **options}, config="\n".join(bridge))

    return make


def await_bridge(broker, upstream, number):
    """Waits until a message that is published upstream arrives here."""
    topic = f"device/probe-{number}"
    with Client(upstream) as sender, Client(broker) as receiver:
        receiver.subscribe(topic)

        def is_through():
            sender.publish(topic, "", retain=False, qos=0)
            return receiver.messages

        eventually(is_through, 30, 0.2, "the bridge doesn't connect")


def stored(database):
    return database.devices.count_documents({"deviceUID": "device-1"})


@pytest.mark.parametrize("option, documents", [("skip_bridged", 1), ("store", 1 + RESTARTS)])
def test_a_retained_reading_over_restarts_of_a_bridge(
    make_bridged, database, upstream, option, documents
):
    broker = make_bridged(retained=option).start()
    await_bridge(broker, upstream, "first")
    publish(upstream, "device/device-1", reading("device-1", 21), retain=True)
    eventually(lambda: stored(database) == 1, what="the reading isn't stored")
    for run in range(RESTARTS):
        broker.restart()
        await_bridge(broker, upstream, run)
        if option == "skip_bridged":
            await_balance(broker, ignored=1)
    eventually(lambda: stored(database) >= documents)
    stays(lambda: stored(database) == documents, 1)


def test_a_cleared_retained_message_is_no_dead_letter(broker, database):
    publish(broker, "device/device-1", reading(), retain=True)
    publish(broker, "device/device-1", "", retain=True)
    await_balance(broker, received=2, appended_since_start=1, ignored=1, stored=1)
    assert database.dead_letters.count_documents({}) == 0
