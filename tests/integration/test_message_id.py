# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""With message_id, a resent message is one document, and different messages with the same id are
reported."""

import datetime
import json
import subprocess
import time
from collections import Counter

import pytest

from support import build_tree
from support.balance import logged_balances
from support.message_id import document_id
from support.mqtt import V5, V311, Client, await_balance, publish_properties, reading
from support.port import HOST, free_port
from support.waiting import eventually

FIELD = {"message_id": "payload:seq"}
PROPERTY = {"message_id": "property:message-id"}
LATER_S = 0.02  # not within one millisecond
pytestmark = pytest.mark.light


def publish_all(broker, messages, client_id="sensor-1", **client):
    """messages: (value, message id) each; the id in the payload."""
    with Client(broker, client_id=client_id, **client) as device:
        for value, message_id in messages:
            device.publish("device/d", reading("d", value, seq=message_id))
            time.sleep(LATER_S)


def publish_with_property(broker, value, message_id, **client):
    pairs = [("other", "x"), ("message-id", message_id), ("message-id", "a second one")]
    with Client(broker, V5, client_id="sensor-1", **client) as device:
        properties = publish_properties(UserProperty=pairs)
        device.publish("device/d", reading("d", value), properties=properties)
    time.sleep(LATER_S)


def assert_settled(broker, **counts):
    """Stops the broker. Checks that these are its counts over the journal's life, and all others
    are 0."""
    broker.stop()
    balance = logged_balances(broker)[-1]
    names = ("stored", "duplicates", "dead_lettered", "damaged", "pending")
    assert {name: balance[name] for name in names} == {**dict.fromkeys(names, 0), **counts}


def values_by_id(database):
    return {document["_id"]: document["value"] for document in database.devices.find()}


def away():
    """Options that lead to no server, but name the same database."""
    uri = f"mongodb://{HOST}:{free_port()}/"
    return {"mongo_uri": uri, "shutdown_drain_ms": 0}


@pytest.mark.smoke
def test_an_id_in_the_payload_makes_a_resend_one_document(make_broker, database):
    broker = make_broker({**database.options, **FIELD}).start()
    publish_all(broker, [(20, "a"), (21, 7), (20, "a"), (22, "b"), (21, 7), (21, "7")])
    assert_settled(broker, stored=3, duplicates=3)
    assert values_by_id(database) == {
        document_id("a"): 20, document_id("7"): 21, document_id("b"): 22
    }
    assert list(database.devices.find_one()) == ["_id", "date", "deviceUID", "value", "gatewayID"]
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.smoke
def test_an_id_in_a_user_property_makes_a_resend_one_document(make_broker, database):
    broker = make_broker({**database.options, **PROPERTY}).start()
    for value, message_id in [(20, "a"), (21, "\u2603" * 85), (20, "a"), (21, "\u2603" * 85)]:
        publish_with_property(broker, value, message_id, username="anna")
    assert_settled(broker, stored=2, duplicates=2)
    assert values_by_id(database) == {
        document_id("a", username="anna"): 20, document_id("\u2603" * 85, username="anna"): 21
    }


def test_who_sends_it_is_part_of_the_id(make_broker, database):
    broker = make_broker({**database.options, **FIELD}).start()
    senders = [{"client_id": "x"}, {"client_id": "anna"}, {"client_id": "x", "username": "anna"},
               {"client_id": "y", "username": "anna"}, {"client_id": "y", "username": "bob"}]
    for sender in senders:
        publish_all(broker, [(20, 1)], **sender)
    assert_settled(broker, stored=4, duplicates=1)
    assert set(values_by_id(database)) == {document_id("1", **sender) for sender in senders}


def test_without_an_id_each_message_is_a_document_of_its_own(make_broker, database):
    before = datetime.datetime.now(datetime.timezone.utc)
    broker = make_broker({**database.options, **FIELD}).start()
    with Client(broker, client_id="sensor-1") as device:
        for _ in range(3):
            device.publish("device/d", reading("d"))
        device.publish("device/d", reading("d", seq=""))
    other = make_broker({**database.options, **PROPERTY}).start()
    for protocol in (V311, V5):
        with Client(other, protocol) as device:
            device.publish("device/d", reading("d", seq="17"))
    assert_settled(broker, stored=4)
    assert_settled(other, stored=2)
    for document in database.devices.find():
        age = document["_id"].generation_time - before
        assert abs(age) < datetime.timedelta(seconds=60)


@pytest.mark.parametrize("options", [FIELD, PROPERTY], ids=["payload", "property"])
def test_a_resend_through_another_broker_is_one_document(make_broker, database, options):
    one, two = (
        make_broker({**database.options, **options, "gateway_id": name}).start()
        for name in ("one", "two")
    )
    for broker in (one, two):
        if options is FIELD:
            publish_all(broker, [(20, "a"), (21, "b")])
        else:
            publish_with_property(broker, 20, "a")
            publish_with_property(broker, 21, "b")
        eventually(lambda: database.devices.count_documents({}) >= 2)
    assert_settled(one, stored=2)
    assert_settled(two, duplicates=2)
    assert values_by_id(database) == {document_id("a"): 20, document_id("b"): 21}
    assert database.devices.distinct("gatewayID") == ["one"]


def test_brokers_that_deliver_the_same_at_once_make_one_document_of_each(make_broker, database):
    options = {**database.options, **FIELD, "batch_max_documents": 2}
    brokers = [make_broker({**options, "gateway_id": name, **away()}).start() for name in "ab"]
    for broker in brokers:
        publish_all(broker, [(n, n) for n in range(30)])
        broker.stop()
    for broker in brokers:
        broker.options = {**options, "gateway_id": broker.options["gateway_id"]}
        broker.launch()
    eventually(lambda: database.devices.count_documents({}) >= 30)
    counts = Counter()
    for broker in brokers:
        broker.await_start()
        broker.stop()
        counts += Counter(logged_balances(broker)[-1])
    names = ("stored", "duplicates", "dead_lettered", "pending")
    assert [counts[name] for name in names] == [30, 30, 0, 0]
    assert values_by_id(database) == {document_id(str(n)): n for n in range(30)}


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_resend_after_a_restart_is_one_document(make_broker, database, end):
    broker = make_broker({**database.options, **FIELD, **away()}).start()
    publish_all(broker, [(20, "a"), (21, "b"), (20, "a")])
    getattr(broker, end)()
    # Pending messages keep the old setting. New ones get the new one.
    broker.options = {**database.options, **FIELD}
    broker.start()
    eventually(lambda: database.devices.count_documents({}) >= 2)
    getattr(broker, end)()  # perhaps before the checkpoint, so that all three are sent again
    broker.start()
    publish_all(broker, [(20, "a"), (22, "c")])
    assert_settled(broker, stored=3, duplicates=2)
    assert values_by_id(database) == {
        document_id("a"): 20, document_id("b"): 21, document_id("c"): 22
    }


def test_resends_in_batches_that_are_in_flight_at_once_are_one_document(make_broker, database):
    options = {**FIELD, "batch_max_documents": 1, "delivery_threads": 8}
    broker = make_broker({**database.options, **options, **away()}).start()
    for _ in range(4):
        publish_all(broker, [(n, n) for n in range(20)])
    broker.stop()
    broker.options = {**database.options, **options}
    broker.start()
    assert_settled(broker, stored=20, duplicates=60)
    assert values_by_id(database) == {document_id(str(n)): n for n in range(20)}


def test_a_counter_that_begins_anew_is_told_and_harms_no_document(make_broker, database):
    broker = make_broker({**database.options, **FIELD}).start()
    publish_all(broker, [(20, 1), (21, 2), (22, 3)])
    eventually(lambda: database.devices.count_documents({}) >= 3)
    publish_all(broker, [(30, 1), (21, 2), (32, 3), (23, 4)])
    await_balance(broker, id_conflicts=2)
    assert_settled(broker, stored=4, duplicates=1, dead_lettered=2)
    assert values_by_id(database) == {
        document_id("1"): 20, document_id("2"): 21, document_id("3"): 22, document_id("4"): 23
    }
    letters = list(database.dead_letters.find().sort("_id", 1))
    assert [json.loads(letter["payload"])["value"] for letter in letters] == [30, 32]
    for letter in letters:
        assert letter["reason"]["code"] == "id_conflict"
        assert abs(letter["_id"].generation_time - letter["date"]) < datetime.timedelta(seconds=2)


def test_an_id_that_cannot_be_taken_makes_a_dead_letter(make_broker, database):
    broker = make_broker({**database.options, **FIELD}).start()
    publish_all(broker, [(1, "i" * 256), (2, "i" * 257), (3, 1.5), (4, None), (5, ["a"])])
    assert_settled(broker, stored=1, dead_lettered=4)
    other = make_broker({**database.options, **PROPERTY}).start()
    publish_with_property(other, 6, "j" * 256)
    publish_with_property(other, 7, "j" * 257)
    publish_with_property(other, 8, "\u2603" * 20_000)
    assert_settled(other, stored=1, dead_lettered=2)
    letters = database.dead_letters.find()
    codes = {json.loads(letter["payload"])["value"]: letter["reason"]["code"] for letter in letters}
    too_long, unusable = "message_id_too_long", "message_id_unusable"
    assert codes == {
        2: too_long, 3: unusable, 4: unusable, 5: unusable, 7: too_long, 8: too_long
    }


def test_off_means_that_an_id_is_not_looked_at(make_broker, database):
    broker = make_broker({**database.options, "message_id": "off"}).start()
    publish_all(broker, [(20, "a"), (20, "a")])
    assert_settled(broker, stored=2)


def test_the_newest_are_found_by_date(make_broker, database):
    broker = make_broker({**database.options, **FIELD}).start()
    publish_all(broker, [(value, f"id {value}") for value in range(12)])
    assert_settled(broker, stored=12)
    command = [build_tree.MONGO_STORE, "last", "--limit", "12", "--mongo-uri", database.uri]
    command += ["--database", database.name, "--message-id", FIELD["message_id"]]
    environment = build_tree.clean_environment()
    printed = subprocess.check_output(command, env=environment, text=True, timeout=60)
    values = [json.loads(line)["value"] for line in printed.splitlines()]
    assert values == list(reversed(range(12)))
