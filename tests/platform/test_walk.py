# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The walk of docs/platform.md, with the files that it names: each layer grows by changing one number."""

from support.engine import docker
from support.mqtt import Client, reading
from support.waiting import eventually

STORED_S = 60


def await_distinct(platform, field, count):
    def seen():
        return len(platform.distinct(field))

    eventually(lambda: seen() >= count, STORED_S, 0.2, lambda: f"{seen()} of {count} {field}s")
    assert seen() == count


def test_each_layer_grows_and_nothing_is_lost_or_doubled(platform):
    platform.scale(broker=1, device=1)
    await_distinct(platform, "deviceUID", 1)
    await_distinct(platform, "gatewayID", 1)

    platform.scale(broker=1, device=3)
    await_distinct(platform, "deviceUID", 3)

    platform.scale(broker=2, device=5)
    await_distinct(platform, "deviceUID", 5)
    await_distinct(platform, "gatewayID", 2)
    assert platform.distinct("gatewayID") == {broker.gateway_id for broker in platform.brokers()}

    platform.environment["DATABASE_MEMBERS"] = "5"
    platform.scale(profile="five", broker=2, device=5)
    await_distinct(platform, "deviceUID", 5)
    for name in ("database-4", "database-5"):
        [container] = platform.containers(name)
        eventually(lambda name=container: docker("logs", name).startswith("no member: "))

    platform.end_devices()
    found = platform.assert_audit_passes()
    assert found["devices"] == 5
    assert found["stored"] == found["messages"] == found["acknowledged"]


def test_a_client_on_this_machine_reaches_a_broker_through_the_published_port(platform):
    platform.scale(broker=2, device=0)
    with Client(platform) as client:
        client.publish("device/kitchen", reading("kitchen", 21))
    eventually(lambda: platform.devices.count_documents({"deviceUID": "kitchen"}) == 1, STORED_S)
