# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Documents that the database refuses, and the others in their batch."""

import json
import re

import pymongo
import pytest
from support.balance import logged_balances
from support.mqtt import Client, publish, reading
from support.waiting import eventually, stays

QUICK_RETRIES = {"retry_min_ms": 50, "retry_max_ms": 500}


def assert_settled(broker, stored, dead_lettered):
    """Stops the broker. Checks by its balance that everything it accepted was stored or
    dead-lettered."""
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["dead_lettered"]) == (stored, dead_lettered)
    assert balance["appended"] == stored + dead_lettered


@pytest.mark.light
def test_what_breaks_a_unique_index_is_a_dead_letter(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    database.devices.create_index("deviceUID", unique=True)
    broker = make_broker(database.options).start()
    with Client(broker) as device:
        sent = [device.send(f"device/{n}", reading(uid, n)) for n, uid in enumerate("abacb")]
        eventually(lambda: all(message.is_published() for message in sent))
    eventually(lambda: database.dead_letters.count_documents({}) >= 2)
    broker.stop()
    assert_settled(broker, stored=3, dead_lettered=2)
    stored = list(database.devices.find())
    letters = list(database.dead_letters.find())
    # Batches overtake one another, so either of two with the same device may come first.
    assert sorted(document["deviceUID"] for document in stored) == ["a", "b", "c"]
    assert sorted([f"device/{document['value']}" for document in stored] +
                  [letter["topic"] for letter in letters]) == [f"device/{n}" for n in range(5)]
    for letter in letters:
        uid = "abacb"[int(letter["topic"].removeprefix("device/"))]
        assert letter["reason"]["code"] == "unique_index"
        assert "11000" in letter["reason"]["message"] and "deviceUID" in letter["reason"]["message"]
        assert json.loads(letter["payload"])["uuid"] == uid
        assert letter["collection"] == "devices"


def make_it_refuse(database):
    """Values that the server refuses: the embedded server does so itself, others by a validator."""
    try:
        database.devices.database.create_collection(
            "devices", validator={"value": {"$type": "number"}}
        )
    except pymongo.errors.OperationFailure:
        pass
    return {"array_in_array": [[1]], "dollar": {"$a": 1}, "dot": {"a.b": 1}}


def test_what_the_server_refuses_for_its_own_sake_does_not_keep_others(make_broker, database):
    refused = make_it_refuse(database)
    broker = make_broker({**database.options, "batch_linger_ms": 200, **QUICK_RETRIES}).start()
    with Client(broker) as device:
        sent = [device.send(f"device/{name}", reading(name, value))
                for number, (name, value) in enumerate(refused.items())
                for name, value in [(f"before_{number}", number), (name, value)]]
        sent += [device.send("device/last", reading("last", 99))]
        eventually(lambda: all(message.is_published() for message in sent))
    letters = database.dead_letters
    eventually(lambda: letters.count_documents({}) >= len(refused), 60)
    assert {letter["topic"]: letter["reason"]["code"] for letter in letters.find()} == {
        f"device/{name}": "database_refused" for name in refused
    }
    for letter in letters.find():
        sentence = letter["reason"]["message"]
        assert sentence.isprintable() and "the database refused the document with code" in sentence
        assert json.loads(letter["payload"])["value"] == refused[letter["topic"].split("/")[1]]
    uids = {"before_0", "before_1", "before_2", "last"}
    eventually(lambda: set(database.devices.distinct("deviceUID")) == uids)
    assert database.devices.count_documents({}) == len(uids)


def alarms(broker):
    return re.findall(r"mongo_store: .*dead letters \(code 11000\).*", broker.log)


@pytest.mark.light
def test_a_dead_letter_that_is_refused_waits_and_is_told_of(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    database.dead_letters.create_index("qos", unique=True)
    broker = make_broker({**database.options, **QUICK_RETRIES}).start()
    publish(broker, "device/first", "no JSON")
    eventually(database.dead_letters.find_one)
    publish(broker, "device/second", "no JSON")
    eventually(lambda: alarms(broker))
    publish(broker, "device/good", reading())
    eventually(database.devices.find_one, what="it keeps others from being stored")
    stays(lambda: database.dead_letters.count_documents({}) == 1)
    assert len(alarms(broker)) == 1, "told more than once"

    database.dead_letters.delete_one({"topic": "device/first"})
    eventually(lambda: database.dead_letters.find_one({"topic": "device/second"}))
    broker.stop()
    assert_settled(broker, stored=1, dead_lettered=2)
