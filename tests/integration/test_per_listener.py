# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""per_listener_settings true: the broker calls the plugin for less than one would expect."""

import pytest
from support.mqtt import Client, await_balance, publish, reading
from support.waiting import eventually

pytestmark = pytest.mark.version

NEVER_CALLED = "mongo_store: the broker has loaded the plugin, but hasn't called it for 10 s"


@pytest.fixture
def make_per_listener(make_broker, database):
    """Puts the plugin's lines above the listener or below it."""

    def make(is_above):
        broker = make_broker(database.options)
        own = broker.config_text

        def config_text():
            lines = own().splitlines()
            plugin = [line for line in lines if line.startswith("plugin")]
            of_listener = [line for line in lines if line.startswith(("listener", "allow_anonymous"))]
            of_all = [line for line in lines if line not in plugin + of_listener]
            parts = [plugin, of_listener] if is_above else [of_listener, plugin]
            return "\n".join(["per_listener_settings true", *of_all, *sum(parts, [])]) + "\n"

        broker.config_text = config_text
        return broker

    return make


def test_a_plugin_that_is_never_called_says_so(make_per_listener, database):
    broker = make_per_listener(is_above=True)
    broker.launch()
    try:
        broker.await_start()
    except AssertionError:
        if "plugin" not in broker.log or broker.child.is_running():
            raise
        broker.kill()
        return  # 2.1 refuses the configuration itself
    publish(broker, "device/device-1", reading())
    assert NEVER_CALLED not in broker.log
    eventually(lambda: NEVER_CALLED in broker.log, 30)
    assert database.devices.count_documents({}) == 0
    broker.stop()
    assert broker.log.count(NEVER_CALLED) == 2, "on stderr at once, in the log at the latest now"


def test_below_its_listener_the_plugin_stores_and_says_what_it_does(make_per_listener, database):
    broker = make_per_listener(is_above=False).start()
    with Client(broker) as client:
        client.publish("device/device-1", reading("device-1", 1), qos=2)
        eventually(lambda: database.devices.count_documents({}) == 1)
        # Mosquitto before 2.0.15 has no ticks here: messages trigger the status and the log lines.
        assert await_balance(broker, received=1)["appended_since_start"] == 1
        eventually(lambda: "a QoS 2 message arrived, but message_id is off" in broker.log)

        def is_status_new():
            client.publish("device/device-1", reading("device-1", 2))
            return received.messages

        with Client(broker) as received:
            received.subscribe("$SYS/broker/plugin/mongo_store", 0)
            received.received(1)
            received.messages.clear()
            eventually(is_status_new, 60, 0.5, "no second status")
