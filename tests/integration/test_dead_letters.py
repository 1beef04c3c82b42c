# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Messages that can't become documents are kept unchanged, with the reason, and don't affect
others."""

import datetime
import json

import pytest
from bson import Int64, ObjectId
from support.balance import assert_balanced
from support.mqtt import V5, Client, await_balance, publish, reading
from support.waiting import eventually, stays

MIB = 1024 * 1024
TRUNCATED_BYTES = 64 * 1024
FIELDS = ["_id", "date", "reason", "topic", "clientID", "username", "qos", "retain", "gatewayID",
          "collection", "payload", "payloadBytes"]


def nested(levels):
    """A payload with that many levels, of which its object is the first."""
    return b'{"uuid": "u", "value": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def with_value(text):
    return b'{"uuid": "u", "value": ' + text + b"}"


# The payload's name, the payload, and the code of the reason.
PAYLOADS = [
    ("empty", b"", "invalid_json"),
    ("no_json", b"21.5 degrees", "invalid_json"),
    ("half", b'{"uuid": "u", "val', "invalid_json"),
    ("array", b'[{"uuid": "u", "value": 1}]', "not_an_object"),
    ("text", b'"uuid"', "not_an_object"),
    ("null", b"null", "not_an_object"),
    ("no_uuid", b'{"value": 1}', "uuid_missing"),
    ("other_case", b'{"UUID": "u", "value": 1}', "uuid_missing"),
    ("no_value", b'{"uuid": "u"}', "value_missing"),
    ("uuid_number", b'{"uuid": 7, "value": 1}', "uuid_not_a_string"),
    ("uuid_null", b'{"uuid": null, "value": 1}', "uuid_not_a_string"),
    ("uuid_blank", b'{"uuid": "", "value": 1}', "uuid_empty"),
    ("uuid_object", b'{"uuid": {"a": "u"}, "value": 1}', "uuid_not_a_string"),
    ("deep", nested(101), "too_deep"),
    ("many_values", with_value(b"[" + b"1," * 65_536 + b"1]"), "too_many_values"),
    ("large", with_value(b'"' + b"x" * MIB + b'"'), "payload_too_large"),
    ("utf8", with_value(b'"\xff"'), "invalid_utf8"),
    ("utf8_overlong", with_value(b'"\xc0\x80"'), "invalid_utf8"),
    ("utf8_surrogate", with_value(b'"\xed\xa0\x80"'), "invalid_utf8"),
    ("nul", with_value(b'"\0"'), "embedded_nul"),
    ("nul_behind", with_value(b"1") + b"\0", "embedded_nul"),
    ("nul_escape", with_value(b'"a\\u0000b"'), "embedded_nul"),
    ("nul_in_key", with_value(b'{"a\\u0000b": 1}'), "embedded_nul"),
    ("infinite", with_value(b"1e999"), "number_out_of_range"),
    ("infinite_within", with_value(b'{"a": [1, -1e999]}'), "number_out_of_range"),
    ("beyond_int64", with_value(b"9223372036854775808"), "number_out_of_range"),
    ("below_int64", with_value(b"-9223372036854775809"), "number_out_of_range"),
]


def letters_by_topic(database, count, deadline_s=60):
    """Waits for `count` dead letters, and checks that no more arrive."""
    letters = database.dead_letters
    eventually(lambda: letters.count_documents({}) >= count, deadline_s, what="too few")
    stays(lambda: letters.count_documents({}) == count, 0.5)
    return {letter["topic"]: letter for letter in letters.find()}


def the_letter(database):
    (letter,) = letters_by_topic(database, 1).values()
    return letter


@pytest.mark.smoke
@pytest.mark.light
def test_each_payload_that_cannot_become_a_document_is_kept_with_its_reason(broker, database):
    with Client(broker) as subscriber, Client(broker) as device:
        subscriber.subscribe("device/#")
        for name, payload, _ in PAYLOADS:
            device.publish(f"device/{name}", payload)
        device.publish("device/good", reading())
        seen = [(m.topic, m.payload) for m in subscriber.received(len(PAYLOADS) + 1)]
    sent = [(f"device/{name}", payload) for name, payload, _ in PAYLOADS]
    assert seen == sent + [("device/good", reading().encode())]

    letters = letters_by_topic(database, len(PAYLOADS))
    codes = {topic: letter["reason"]["code"] for topic, letter in letters.items()}
    assert codes == {f"device/{name}": code for name, _, code in PAYLOADS}
    for topic, payload in sent:
        letter = letters[topic]
        is_large = letter["reason"]["code"] == "payload_too_large"
        assert letter["payload"] == (payload[:TRUNCATED_BYTES] if is_large else payload), topic
        assert letter["payloadBytes"] == len(payload), topic
        sentence = letter["reason"]["message"]
        assert len(sentence) > 20 and sentence.isprintable(), topic
    assert database.devices.count_documents({}) == 1

    settled = {"stored": 1, "dead_lettered": len(PAYLOADS), "pending": 0, "refused": 0}
    balance = await_balance(broker, **settled)
    assert_balanced(balance)
    assert balance["appended"] == balance["received"] == len(PAYLOADS) + 1


@pytest.mark.light
def test_what_is_just_within_the_bounds_becomes_a_document(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    client_id = "c" * 256
    head, tail = b'{"uuid": "size", "value": "', b'"}'
    payloads = {
        "deep": nested(100),
        "values": b'{"uuid": "values", "value": [' + b"0," * 65_532 + b"0]}",
        "size": head + b"x" * (MIB - len(head) - len(tail)) + tail,
        "x" * (1024 - len("device/")): reading("topic"),
    }
    with Client(broker, client_id=client_id, username="n" * 256) as device:
        for topic, payload in payloads.items():
            device.publish(f"device/{topic}", payload)
    eventually(lambda: database.devices.count_documents({}) == len(payloads), 60)
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.light
def test_a_dead_letter_says_when_where_and_from_whom_it_came(make_broker, database):
    broker = make_broker(database.options, environment={"MESOS_TASK_ID": "gateway.7"}).start()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(milliseconds=1)
    sender = {"client_id": "sensor-1", "username": "anna"}
    publish(broker, "device/a", b"\x00\x01no JSON", 2, V5, retain=True, **sender)
    after = datetime.datetime.now(datetime.timezone.utc)

    letter = the_letter(database)
    assert list(letter) == FIELDS
    assert isinstance(letter["_id"], ObjectId)
    assert abs(letter["_id"].generation_time - before) < datetime.timedelta(seconds=5)
    assert before <= letter["date"] <= after
    assert list(letter["reason"]) == ["code", "message"]
    assert {name: letter[name] for name in FIELDS[3:]} == {
        "topic": "device/a", "clientID": "sensor-1", "username": "anna", "qos": 2, "retain": True,
        "gatewayID": "gateway.7", "collection": "devices", "payload": b"\x00\x01no JSON",
        "payloadBytes": 9,
    }
    assert type(letter["payload"]) is bytes  # Binary, generic
    assert type(letter["payloadBytes"]) is Int64


@pytest.mark.light
def test_an_anonymous_sender_has_no_user_name(broker, database):
    publish(broker, "device/a", "no JSON", 0)
    letter = the_letter(database)
    assert letter["username"] is None
    assert (letter["qos"], letter["retain"]) == (0, False)


OVERLONG = {
    "topic_too_long": {"topic": "device/" + "t" * 2048},
    "client_id_too_long": {"client_id": "c" * 300},
    "username_too_long": {"username": "\u2603" * 100},
}
TEXTS = {"topic": "device/a", "client_id": "sensor-1", "username": "anna"}
FIELD_OF = {"topic": "topic", "client_id": "clientID", "username": "username"}
BOUND_OF = {"topic": 1024, "client_id": 256, "username": 256}


@pytest.mark.light
@pytest.mark.parametrize("code", OVERLONG)
def test_an_overlong_text_is_cut_and_said_to_be(broker, database, code):
    texts = TEXTS | OVERLONG[code]
    publish(broker, texts["topic"], reading(), client_id=texts["client_id"],
            username=texts["username"])
    letter = the_letter(database)
    assert letter["reason"]["code"] == code
    assert letter["payload"] == reading().encode()
    for name, text in texts.items():
        kept = text.encode()[: BOUND_OF[name]].decode(errors="ignore")
        assert letter[FIELD_OF[name]] == kept


@pytest.mark.light
def test_with_match_a_device_writes_in_its_own_name_only(make_broker, database):
    broker = make_broker({**database.options, "device_uid": "match"}).start()
    foreign = ["device/a/b", "device/ab", "device/", "device", "device//b", "device/B"]
    with Client(broker) as device:
        for topic in foreign:
            device.publish(topic, reading("b"))
        for topic in ["device/b", "device/b/c"]:
            device.publish(topic, reading("b", topic))
    letters = letters_by_topic(database, len(foreign))
    assert {topic: letter["reason"]["code"] for topic, letter in letters.items()} == {
        topic: "uuid_not_topic" for topic in foreign
    }
    stored = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert stored == ["device/b", "device/b/c"]


@pytest.mark.light
def test_under_a_mount_point_match_compares_the_level_that_is_set(make_broker, database):
    options = {"device_uid": "match", "device_uid_level": 3, "topics": "site1/device/#"}
    broker = make_broker({**database.options, **options}, config="mount_point site1/").start()
    with Client(broker) as device:
        device.publish("device/a", reading("b"))
        device.publish("device/b/a", reading("a"))
        device.publish("device/a", reading("a"))
        device.publish("device/a/b", reading("a"))
    letters = letters_by_topic(database, 2)
    assert set(letters) == {"site1/device/a", "site1/device/b/a"}
    eventually(lambda: database.devices.count_documents({"deviceUID": "a"}) == 2)
    assert database.devices.count_documents({}) == 2


@pytest.mark.smoke
def test_limit_and_collections_are_the_options(make_broker, database):
    options = {"payload_max_bytes": "100KiB", "collection": "readings",
               "dead_letter_collection": "unreadable"}
    broker = make_broker({**database.options, **options}).start()
    payload = json.dumps({"uuid": "u", "value": "x" * 100 * 1024}).encode()
    publish(broker, "device/a", payload)
    letter = eventually(database.collection("unreadable").find_one)
    assert letter["collection"] == "readings"
    assert letter["reason"]["code"] == "payload_too_large"
    assert letter["payload"] == payload[:TRUNCATED_BYTES]
    assert letter["payloadBytes"] == len(payload)
    assert database.collection("readings").count_documents({}) == 0
