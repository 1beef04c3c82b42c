# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The effect of options, and of JSON's details, on a document."""

import json
import math

import pytest
from bson import Int64
from support.mqtt import V5, V311, Client, publish, reading
from support.waiting import eventually

FIELDS = ["_id", "date", "deviceUID", "value", "gatewayID"]
METADATA = ["topic", "clientID", "username", "qos", "retain"]


@pytest.mark.light
@pytest.mark.parametrize("protocol", [V311, V5], ids=["3.1.1", "5"])
def test_metadata_follow_the_five_fields(make_broker, database, protocol):
    broker = make_broker({**database.options, "metadata": "on"}).start()
    sender = {"client_id": "sensor \u2603", "username": "anna"}
    publish(broker, "device/\u2603/x", reading(), 2, protocol, retain=True, **sender)
    document = eventually(database.devices.find_one)
    assert list(document) == FIELDS + METADATA
    assert [document[name] for name in METADATA] == [
        "device/\u2603/x", "sensor \u2603", "anna", 2, True
    ]
    assert type(document["qos"]) is int


@pytest.mark.light
def test_metadata_of_an_anonymous_sender_have_no_user_name(make_broker, database):
    broker = make_broker({**database.options, "metadata": "on"}).start()
    publish(broker, "device/a", reading(), 0, client_id="sensor-1")
    document = eventually(database.devices.find_one)
    assert [document[name] for name in METADATA] == ["device/a", "sensor-1", None, 0, False]


def with_types(value):
    """Equal only if the types are equal, too: Int64 differs from int, and -0.0 from 0.0."""
    if isinstance(value, dict):
        return {key: with_types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_types(item) for item in value]
    return type(value).__name__, repr(value)


def stored_values(broker, database, texts):
    """Stores each of these JSON values and returns what was stored."""
    with Client(broker) as device:
        for text in texts:
            device.publish("device/a", f'{{"uuid": "u", "value": {text}}}')
    eventually(lambda: database.devices.count_documents({}) >= len(texts), 60)
    return [document["value"] for document in database.devices.find().sort("_id", 1)]


NUMBERS = {
    "0": 0, "-0": 0, "7": 7, "2147483647": 2**31 - 1, "-2147483648": -(2**31),
    "2147483648": Int64(2**31), "-2147483649": Int64(-(2**31) - 1),
    "9007199254740993": Int64(2**53 + 1), "-9007199254740993": Int64(-(2**53) - 1),
    "9223372036854775807": Int64(2**63 - 1), "-9223372036854775808": Int64(-(2**63)),
    "1.0": 1.0, "-0.0": -0.0, "1e3": 1000.0, "1E-2": 0.01, "0.1": 0.1, "1e308": 1e308,
    "5e-324": 5e-324, "1e-999": 0.0,
}


@pytest.mark.light
def test_integers_are_exact_and_other_numbers_doubles(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    # Nested numbers, too: their digits are found by their position in the text.
    within = '{"n": [%s], "a": {"b": [true, "1", null]}}' % ", ".join(NUMBERS)
    *stored, nested = stored_values(broker, database, [*NUMBERS, within])
    assert with_types(stored) == with_types(list(NUMBERS.values()))
    expected = {"n": list(NUMBERS.values()), "a": {"b": [True, "1", None]}}
    assert with_types(nested) == with_types(expected)


@pytest.mark.light
def test_with_number_type_double_each_number_is_one(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker({**database.options, "number_type": "double"}).start()
    texts = ["7", "-0", "9007199254740993", "18446744073709551616", "2.5", '[1, {"a": 2}, "3"]']
    stored = stored_values(broker, database, texts)
    expected = [7.0, -0.0, 9007199254740992.0, 2.0**64, 2.5, [1.0, {"a": 2.0}, "3"]]
    assert with_types(stored) == with_types(expected)
    assert math.copysign(1, stored[1]) == -1


@pytest.mark.light
def test_every_json_type_is_kept_however_it_is_nested(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    value = {"z": [[], {}, [[None, True, False, "", "\u2603 \U0001f321 \"\\/\b\f\n\r\t", 1, 2.5]]],
             "a.b": {"$c": {"": [{"": 0}]}}, "$": -1, "_id": "no"}
    (plain, escaped) = stored_values(
        broker, database, [json.dumps(value, ensure_ascii=False), json.dumps(value)])
    assert with_types(plain) == with_types(escaped) == with_types(value)
    assert json.dumps(plain) == json.dumps(value)  # the order of the fields


@pytest.mark.light
def test_of_fields_with_one_name_the_last_counts(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    publish(broker, "device/a", b'{"uuid": 1, "value": 1e999, "uuid": "u", "VALUE": 3,'
                                b' "value": {"a": 1, "A": 2, "a": {"b": 3}}}')
    document = eventually(database.devices.find_one)
    assert document["deviceUID"] == "u"
    assert document["value"] == {"A": 2, "a": {"b": 3}}
