# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""One publish becomes one document, and nobody else notices."""

import datetime
import json
import socket

import pytest
from bson import Int64, ObjectId
from support.mqtt import V5, V31, V311, Client, publish, publish_properties, reading
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

PROTOCOLS = pytest.mark.parametrize("protocol", [V31, V311, V5], ids=["3.1", "3.1.1", "5"])
QOS = pytest.mark.parametrize("qos", [0, 1, 2])
FIELDS = ["_id", "date", "deviceUID", "value", "gatewayID"]


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def the_document(collection):
    """Waits for a document, and checks that it remains the only one."""
    document = eventually(collection.find_one, what="no document")
    stays(lambda: collection.count_documents({}) == 1, 0.3)
    return document


@pytest.mark.smoke
@pytest.mark.light
@PROTOCOLS
@QOS
def test_a_publish_becomes_one_document(broker, database, protocol, qos):
    publish(broker, "device/device-1", reading("device-1", 27), qos, protocol)
    document = the_document(database.devices)
    assert list(document) == FIELDS
    assert document["deviceUID"] == "device-1"
    assert document["value"] == 27


@pytest.mark.smoke
@pytest.mark.light
def test_the_fields_have_their_types_and_the_time_of_arrival(make_broker, database):
    broker = make_broker(database.options, environment={"MESOS_TASK_ID": "gateway.7"}).start()
    before = utc_now() - datetime.timedelta(milliseconds=1)  # BSON dates are cut to milliseconds
    publish(broker, "device/device-1", reading("device-1", 20))
    after = utc_now()
    document = the_document(database.devices)
    assert isinstance(document["_id"], ObjectId)
    assert before <= document["date"] <= after
    assert abs(document["_id"].generation_time - before) < datetime.timedelta(seconds=5)
    assert type(document["deviceUID"]) is str
    assert type(document["value"]) is int  # int32: pymongo returns an int64 as Int64
    assert document["gatewayID"] == "gateway.7"


def test_the_gateway_is_the_host_where_no_task_id_is(broker, database):
    publish(broker, "device/device-1", reading())
    assert the_document(database.devices)["gatewayID"] == socket.gethostname()


VALUES = {
    "int32": (-(2**31), int),
    "int64": (2**31, Int64),
    "int64_exactly": (9007199254740993, Int64),
    "double": (20.5, float),
    "double_that_is_whole": (1.0, float),
    "text": ("warm \u2603 \U0001f321", str),
    "boolean": (True, bool),
    "null": (None, type(None)),
    "array": ([1, "a", None, {}], list),
    "object": ({"b": {"c": [None, "x"]}, "a": 1, "": False}, dict),
}


def assert_stored_alike(broker, database, value, kind):
    publish(broker, "device/device-1", reading("device-1", value))
    stored = the_document(database.devices)["value"]
    assert type(stored) is kind
    assert stored == value
    assert json.dumps(stored) == json.dumps(value)  # the order of nested fields, too


@pytest.mark.parametrize("name", VALUES)
def test_a_value_keeps_its_json_type(broker, database, name):
    assert_stored_alike(broker, database, *VALUES[name])


# MongoDB accepts them; the embedded database doesn't.
NESTED_VALUES = {
    "arrays_in_arrays": ([1, [2, [3, {}]]], list),
    "odd_keys": ({"$odd.key": {"a.b": 1}, "$": [], ".": {}}, dict),
}


@pytest.mark.parametrize("name", NESTED_VALUES)
def test_a_nested_value_is_stored_as_it_is(make_broker, make_scripted_server, name):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    assert_stored_alike(broker, database, *NESTED_VALUES[name])


def test_fields_beside_uuid_and_value_are_not_stored(broker, database):
    publish(broker, "device/device-1", reading("device-1", 21, unit="C", _id=7, gatewayID="mine"))
    document = the_document(database.devices)
    assert list(document) == FIELDS
    assert document["gatewayID"] == socket.gethostname()


def test_a_retained_publish_is_stored_once(broker, database):
    publish(broker, "device/device-1", reading(), retain=True)
    document = the_document(database.devices)
    with Client(broker) as late:
        late.subscribe("device/#")
        assert late.received(1)[0].retain
    assert the_document(database.devices) == document


@QOS
def test_a_payload_of_900_kb_is_stored(broker, database, qos):
    value = "0123456789" * 90_000
    publish(broker, "device/device-1", reading("device-1", value), qos)
    assert the_document(database.devices)["value"] == value


@pytest.mark.light
def test_each_topic_below_device_is_stored(broker, database):
    topics = ["device", "device/", "device/a/b/c", "device//x", "device/\u2603"]
    for topic in topics:
        publish(broker, topic, reading(f"uid of {topic}"))
    devices = database.devices
    eventually(lambda: devices.count_documents({}) >= len(topics))
    stays(lambda: devices.count_documents({}) == len(topics), 0.3)
    assert set(devices.distinct("deviceUID")) == {f"uid of {topic}" for topic in topics}


@pytest.mark.smoke
@pytest.mark.light
def test_other_topics_are_not_touched(broker, database):
    with Client(broker) as client:
        for topic in ["devices/x", "other/x", "$x/device/y", "x/device/y", "Device/x"]:
            client.publish(topic, reading(f"uid of {topic}"))
            client.publish(topic, "no JSON")
        client.publish("device/last", reading("last"))
    assert the_document(database.devices)["deviceUID"] == "last"
    assert database.dead_letters.count_documents({}) == 0


def test_the_topics_option_says_what_is_stored(make_broker, database):
    broker = make_broker({**database.options, "topics": "plant/+/reading other/#"}).start()
    with Client(broker) as client:
        for topic in ["device/x", "plant/a/b/reading", "plant/a/reading", "other/x"]:
            client.publish(topic, reading(topic))
    eventually(lambda: database.devices.count_documents({}) >= 2)
    stays(lambda: database.devices.count_documents({}) == 2, 0.3)
    assert set(database.devices.distinct("deviceUID")) == {"plant/a/reading", "other/x"}


@pytest.mark.smoke
@pytest.mark.light
def test_each_of_many_publishes_is_stored_once_and_in_order(broker, database):
    count = 500
    with Client(broker) as client:
        sent = [client.send("device/d", reading("d", value)) for value in range(count)]
        eventually(lambda: all(message.is_published() for message in sent))
    eventually(lambda: database.devices.count_documents({}) >= count, 60)
    values = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert values == list(range(count))


EXPIRY_S = 3600
MESSAGES = [
    {"topic": "device/1", "payload": reading().encode()},
    {"topic": "device/1", "payload": b""},
    {"topic": "device", "payload": bytes(range(256))},
    {"topic": "device/2", "payload": b"not JSON \xff\x00", "retain": True},
    {"topic": "device//3", "payload": reading("3", "x" * 900_000).encode()},
    {"topic": "device/4", "payload": reading("4").encode(), "retain": True},
    {"topic": "device/4", "payload": b"", "retain": True},
    {"topic": "other/5", "payload": reading("5").encode(), "retain": True},
]
PROPERTIES = {
    "UserProperty": [("name", "value"), ("name", "again"), ("\u2603", "")],
    "ContentType": "application/json",
    "ResponseTopic": "device/answer",
    "CorrelationData": b"\x00\x01\xff",
    "PayloadFormatIndicator": 0,
    "MessageExpiryInterval": EXPIRY_S,
}


def as_seen(message):
    """Everything that a subscriber can see of a message."""
    properties = getattr(message, "properties", None)
    seen = dict(properties.json()) if properties else {}
    if "MessageExpiryInterval" in seen:  # counts down
        assert 0 <= EXPIRY_S - seen.pop("MessageExpiryInterval") < 60
        seen["expires"] = True
    return message.topic, bytes(message.payload), message.qos, message.retain, seen


def seen_by_subscribers(broker, publisher_protocol, subscriber_protocol):
    """The messages that an earlier and a later subscriber receive."""
    properties = publish_properties(**PROPERTIES) if publisher_protocol == V5 else None
    publisher = Client(broker, publisher_protocol)
    early = Client(broker, subscriber_protocol)
    late = Client(broker, subscriber_protocol)
    sent = 0
    with publisher, early:
        early.subscribe("#")
        for message in MESSAGES:
            for qos in (0, 1, 2):
                publisher.publish(**message, qos=qos, properties=properties)
                sent += 1
                early.received(sent)
    with late:
        late.subscribe("#")
        late.received(2)
        stays(lambda: len(late.messages) == 2, 0.5)
    return [as_seen(m) for m in early.messages], sorted(as_seen(m)[:4] for m in late.messages)


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("subscriber", [V311, V5], ids=["to 3.1.1", "to 5"])
@pytest.mark.parametrize("publisher", [V31, V311, V5], ids=["from 3.1", "from 3.1.1", "from 5"])
def test_subscribers_see_what_they_would_without_the_plugin(
    make_broker, database, publisher, subscriber
):
    plain = seen_by_subscribers(make_broker().start(), publisher, subscriber)
    broker = make_broker(database.options).start()
    assert seen_by_subscribers(broker, publisher, subscriber) == plain
    # An empty retained message only clears one.
    valid = [
        message
        for message in MESSAGES
        if message["topic"].startswith("device") and (message["payload"] or "retain" not in message)
    ]
    stored = lambda: database.devices.count_documents({}) + database.dead_letters.count_documents({})
    eventually(lambda: stored() == 3 * len(valid), what="the plugin took no part")
