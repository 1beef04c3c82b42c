# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""mongo-store dead-letters: looking at them, and making documents of them once the cause is mended."""

import json
import re
import signal
import subprocess

import pytest
from bson import ObjectId

from support import build_tree, mongo_store
from support.message_id import document_id
from support.mqtt import V5, Client, publish_properties, reading
from support.port import HOST, free_port
from support.waiting import eventually

USAGE = 64


def run(*arguments):
    return mongo_store.run("dead-letters", *arguments)


def flags_for(database):
    return ["--mongo-uri", database.uri, "--database", database.name]


def listed(database, *flags):
    done = run("list", *flags_for(database), *flags)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def requeue(database, *flags):
    """The numbers that it ends with, and what it said on standard error."""
    done = run("requeue", *flags_for(database), *flags)
    assert done.returncode == 0, done.stderr
    numbers = {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", done.stdout)}
    return {name: n for name, n in numbers.items() if n}, done.stderr


def await_letters(database, count):
    eventually(lambda: database.dead_letters.count_documents({}) == count)
    return list(database.dead_letters.find().sort("_id", 1))


@pytest.fixture
def letters(make_broker, database):
    """Three of readings in another device's name, one of no JSON; made by a broker, now stopped."""
    options = {"device_uid": "match", "gateway_id": "strict", "number_type": "auto"}
    broker = make_broker(database.options | options).start()
    with Client(broker, client_id="sender", username="ann") as client:
        for value in [1, 2.5, 2**53 + 1]:
            client.publish("device/x", reading("other", value))
        client.publish("device/x", "no JSON", qos=2, retain=True)
    found = await_letters(database, 4)
    broker.stop()
    return found


@pytest.mark.smoke
@pytest.mark.light
def test_the_newest_are_listed_first_and_can_be_chosen(letters, database):
    shown = listed(database)
    assert [one["_id"] for one in shown] == [str(one["_id"]) for one in reversed(letters)]
    assert shown[0]["code"] == "invalid_json" and shown[1]["code"] == "uuid_not_topic"
    for one, letter in zip(shown, reversed(letters)):
        milliseconds = letter["date"].microsecond // 1000
        assert one["date"] == letter["date"].strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds:03}Z"
        assert one["message"] == letter["reason"]["message"]
        assert (one["topic"], one["collection"]) == ("device/x", "devices")
        assert one["payloadBytes"] == letter["payloadBytes"]
    assert [one["_id"] for one in listed(database, "--limit", "2")] == [
        one["_id"] for one in shown[:2]
    ]
    assert len(listed(database, "--reason", "uuid_not_topic")) == 3
    assert listed(database, "--reason", "value_missing") == []
    assert listed(database, "--id", shown[2]["_id"]) == [shown[2]]


@pytest.mark.smoke
@pytest.mark.light
def test_with_the_cause_mended_they_become_the_documents_that_they_were_meant_to_be(
    letters, database
):
    numbers, told = requeue(database)
    assert numbers == {"read": 4, "stored": 3, "removed": 3, "stay": 1, "no_document": 1}
    assert str(letters[3]["_id"]) in told
    documents = list(database.devices.find().sort("_id", 1))
    assert documents == [
        {"_id": letter["_id"], "date": letter["date"], "deviceUID": "other", "value": value,
         "gatewayID": "strict"}
        for letter, value in zip(letters, [1, 2.5, 2**53 + 1])
    ]
    assert list(documents[0]) == ["_id", "date", "deviceUID", "value", "gatewayID"]
    assert list(database.dead_letters.find()) == [letters[3]]

    numbers, _ = requeue(database)
    assert numbers == {"read": 1, "stay": 1, "no_document": 1}
    assert database.devices.count_documents({}) == 3


# Payloads of one bad firmware, and the value that each means.
OF_BAD_FIRMWARE = [
    (b'{"uuid": "d", "value": 1}\0\0', 1),
    (b'{"uuid": "d", "value": 2}\r\n\x1a', 2),
    (b'{"uuid": "d", "value": [3, NaN, -Infinity]}', [3, None, None]),
    (b'{"uuid": "d", "unit": "\xb0C", "value": 4}', 4),
    (b'{"uuid": "d", "value": 18446744073709551616}', 2.0**64),
]
TWO_OBJECTS = b'{"uuid": "d", "value": 5}{"uuid": "d", "value": 6}'


@pytest.mark.light
def test_what_bad_firmware_sent_becomes_documents_when_reading_is_lenient(make_broker, database):
    values = [value for _, value in OF_BAD_FIRMWARE]
    broker = make_broker(database.options).start()
    with Client(broker) as client:
        for payload, _ in OF_BAD_FIRMWARE:
            client.publish("device/d", payload)
        client.publish("device/d", TWO_OBJECTS)
    await_letters(database, len(values) + 1)
    broker.stop()
    numbers, _ = requeue(database)
    assert numbers == {"read": 6, "stay": 6, "no_document": 6}
    numbers, _ = requeue(database, "--lenient")
    assert numbers == {"read": 6, "stored": 5, "removed": 5, "stay": 1, "no_document": 1}
    assert [one["value"] for one in database.devices.find().sort("_id", 1)] == values
    assert [one["payload"] for one in database.dead_letters.find()] == [TWO_OBJECTS]

    with Client(make_broker(database.options | {"lenient": "on"}).start()) as client:
        for payload, _ in OF_BAD_FIRMWARE:
            client.publish("device/d", payload)
    eventually(lambda: database.devices.count_documents({}) == 2 * len(values))
    assert [one["value"] for one in database.devices.find().sort("_id", 1)] == 2 * values
    assert database.dead_letters.count_documents({}) == 1


@pytest.mark.light
def test_the_given_options_hold_for_what_a_dead_letter_does_not_say(letters, database):
    numbers, _ = requeue(database, "--device-uid", "match")
    assert numbers == {"read": 4, "stay": 4, "no_document": 4}
    requeue(database, "--number-type", "double", "--metadata", "on", "--collection", "unused")
    for document in database.devices.find():
        assert isinstance(document["value"], float)
        assert (document["clientID"], document["username"]) == ("sender", "ann")
    assert database.devices.count_documents({}) == 3


@pytest.mark.light
def test_only_the_chosen_ones_are_taken(letters, database):
    numbers, _ = requeue(database, "--id", str(letters[1]["_id"]))
    assert numbers == {"read": 1, "stored": 1, "removed": 1}
    numbers, _ = requeue(database, "--reason", "invalid_json")
    assert numbers == {"read": 1, "stay": 1, "no_document": 1}
    assert [one["value"] for one in database.devices.find()] == [2.5]


def document_of(letter, value):
    return {"_id": letter["_id"], "date": letter["date"], "deviceUID": "other", "value": value,
            "gatewayID": "strict"}


@pytest.mark.light
def test_one_that_is_stored_already_is_done_only_where_it_is_its_own_document(letters, database):
    others = document_of(letters[1], 99) | {"deviceUID": "another"}
    database.devices.insert_many([document_of(letters[0], 1), others])
    numbers, told = requeue(database, "--reason", "uuid_not_topic")
    assert numbers == {
        "read": 3, "stored": 1, "stored_before": 1, "removed": 2, "stay": 1, "conflicts": 1,
    }
    assert str(letters[1]["_id"]) in told
    assert database.devices.find_one({"_id": letters[1]["_id"]})["value"] == 99
    assert database.dead_letters.find_one({"_id": letters[1]["_id"]}) == letters[1]
    assert database.devices.count_documents({}) == 3


@pytest.mark.light
def test_one_that_the_database_refuses_stays(letters, database):
    database.devices.create_index("value", unique=True)
    database.devices.insert_one({"value": 2.5})
    numbers, _ = requeue(database, "--reason", "uuid_not_topic")
    assert numbers == {"read": 3, "stored": 2, "removed": 2, "stay": 1, "refused": 1}
    assert database.dead_letters.find_one({"_id": letters[1]["_id"]}) == letters[1]


@pytest.mark.light
def test_a_truncated_one_and_a_foreign_one_stay(letters, database):
    whole = database.dead_letters.find_one({"_id": letters[0]["_id"]})
    database.dead_letters.delete_many({})
    truncated = whole | {"_id": ObjectId(), "payloadBytes": 10**6}
    foreign = {"_id": ObjectId(), "text": "somebody else's"}
    database.dead_letters.insert_many([truncated, foreign, {"_id": "no ObjectId"}])
    numbers, _ = requeue(database)
    assert numbers == {"read": 2, "stay": 2, "truncated": 1, "unreadable": 1}
    assert database.dead_letters.count_documents({}) == 3
    assert database.devices.count_documents({}) == 0
    assert [one["_id"] for one in listed(database)] == [str(truncated["_id"])]


FIELD = "payload:seq"
PROPERTY = "property:message-id"


def publish(broker, value, message_id, client_id="sender", username=None):
    """The message id in the payload and in a user property."""
    properties = publish_properties(UserProperty=[("message-id", message_id)])
    with Client(broker, V5, client_id=client_id, username=username) as client:
        payload = reading("other", value, seq=message_id)
        client.publish("device/x", payload, properties=properties)


@pytest.fixture
def make_letters(make_broker, database):
    """Makes dead letters of readings, (value, message id) each, in another device's name."""

    def make(message_id, messages, **sender):
        options = {"device_uid": "match", "gateway_id": "strict", "message_id": message_id}
        broker = make_broker(database.options | options).start()
        for value, identifier in messages:
            publish(broker, value, identifier, **sender)
        found = await_letters(database, len(messages))
        broker.stop()
        return found

    return make


@pytest.fixture
def store(make_broker, database):
    """Publishes through another broker, which delivers them in this order, and stops it."""

    def publish_all(message_id, messages):
        options = {"gateway_id": "lenient", "message_id": message_id, "delivery_threads": 1}
        broker = make_broker(database.options | options).start()
        for value, identifier in messages:
            publish(broker, value, identifier)
        broker.stop()

    return publish_all


def values_by_id(database):
    return {document["_id"]: document["value"] for document in database.devices.find()}


def ids_of(*message_ids, **sender):
    return [document_id(one, device="other", client_id="sender", **sender) for one in message_ids]


@pytest.mark.light
@pytest.mark.parametrize("username", [None, "ann"])
@pytest.mark.parametrize(
    "message_id, flags",
    [(FIELD, ["--message-id", FIELD]), (PROPERTY, ["--message-id", PROPERTY]), (PROPERTY, [])],
)
def test_a_message_id_gives_the_document_the_id_that_delivery_gives_it(
    make_letters, database, message_id, flags, username
):
    make_letters(message_id, [(1, "a"), (2, "b")], username=username)
    numbers, _ = requeue(database, *flags)
    assert numbers == {"read": 2, "stored": 2, "removed": 2}
    assert values_by_id(database) == dict(zip(ids_of("a", "b", username=username), [1, 2]))


@pytest.mark.light
@pytest.mark.parametrize("message_id", [FIELD, PROPERTY])
def test_a_resend_of_what_is_stored_is_done_and_other_content_is_a_conflict(
    make_letters, store, database, message_id
):
    letters = make_letters(message_id, [(1, "a"), (2, "b"), (3, "c"), (3, "c")])
    store(message_id, [(1, "a"), (99, "b")])
    stored = list(database.devices.find())
    numbers, told = requeue(database, "--message-id", message_id)
    assert numbers == {
        "read": 4, "stored": 1, "duplicates": 2, "removed": 3, "stay": 1, "conflicts": 1,
    }
    assert f"{letters[1]['_id']} remains" in told and str(ids_of("b")[0]) in told
    assert list(database.dead_letters.find()) == [letters[1]]
    assert values_by_id(database) == dict(zip(ids_of("a", "b", "c"), [1, 99, 3]))
    assert [database.devices.find_one({"_id": one["_id"]}) for one in stored] == stored


@pytest.mark.light
def test_run_again_over_what_it_stored_under_a_message_id_it_is_done(make_letters, database):
    letters = make_letters(FIELD, [(1, "a")])
    requeue(database, "--message-id", FIELD)
    database.dead_letters.insert_many(letters)
    numbers, _ = requeue(database, "--message-id", FIELD)
    assert numbers == {"read": 1, "stored_before": 1, "removed": 1}
    assert values_by_id(database) == {ids_of("a")[0]: 1}


@pytest.mark.light
def test_a_dead_letter_says_what_message_id_a_user_property_gave(make_letters, database):
    letters = make_letters(PROPERTY, [(1, "a"), (2, "i" * 257), (3, "c")])
    assert [letter["messageID"] for letter in letters] == ["a", None, "c"]
    database.dead_letters.update_one({"_id": letters[2]["_id"]}, {"$unset": {"messageID": 1}})
    numbers, told = requeue(database)
    assert numbers == {"read": 3, "stored": 2, "removed": 2, "stay": 1, "no_document": 1}
    assert f"{letters[1]['_id']} remains: message id is longer than the maximum of 256 bytes" in told
    assert values_by_id(database) == {ids_of("a")[0]: 1, letters[2]["_id"]: 3}


@pytest.mark.light
@pytest.mark.parametrize("message_id", [FIELD, PROPERTY])
def test_a_conflict_stays_one_until_the_other_document_is_gone(store, database, message_id):
    store(message_id, [(1, "a"), (2, "a")])
    (letter,) = database.dead_letters.find()
    assert letter["reason"]["code"] == "id_conflict"
    for flags in [["--message-id", message_id], ["--message-id", message_id], [],
                  ["--message-id", "payload:other"]]:
        numbers, told = requeue(database, *flags)
        assert numbers == {"read": 1, "stay": 1, "conflicts": 1}
        assert str(ids_of("a")[0]) in told
        assert values_by_id(database) == {ids_of("a")[0]: 1}
        assert list(database.dead_letters.find()) == [letter]
    database.devices.delete_many({})
    numbers, _ = requeue(database, "--message-id", message_id)
    assert numbers == {"read": 1, "stored": 1, "removed": 1}
    assert values_by_id(database) == {ids_of("a")[0]: 2}


def many_letters(database, count):
    template = database.dead_letters.find_one()
    database.dead_letters.delete_many({})
    for first in range(0, count, 1000):
        database.dead_letters.insert_many(
            template | {"_id": ObjectId(), "payload": reading("d", value).encode(),
                        "payloadBytes": len(reading("d", value))}
            for value in range(first, first + 1000)
        )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_at_any_moment_and_run_again_it_loses_nothing_and_makes_nothing_twice(
    letters, database, number
):
    many_letters(database, 6000)
    identifiers = {one["_id"] for one in database.dead_letters.find({}, {"_id": 1})}
    for part in range(1, 4):
        child = subprocess.Popen(
            [build_tree.MONGO_STORE, "dead-letters", "requeue", *flags_for(database)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=build_tree.clean_environment(),
        )
        eventually(lambda: database.devices.count_documents({}) >= 1500 * part, 60, 0.005)
        child.send_signal(number)
        assert child.wait(30) != 0
        left = {one["_id"] for one in database.dead_letters.find({}, {"_id": 1})}
        made = {one["_id"] for one in database.devices.find({}, {"_id": 1})}
        assert left | made == identifiers
    requeue(database)
    assert sorted(one["value"] for one in database.devices.find()) == list(range(6000))
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.light
def test_what_a_killed_run_left_is_looked_up_at_once(letters, make_scripted_server):
    server = make_scripted_server()
    database = server.database()
    for seen_before in [{"stored": 300}, {"stored_before": 300}]:
        database.dead_letters.insert_many(
            letters[0] | {"_id": ObjectId(f"{number:024x}")} for number in range(300)
        )
        finds = server.control.stats().get("find", 0)
        assert requeue(database)[0] == {"read": 300, "removed": 300} | seen_before
    assert database.devices.count_documents({}) == 300
    # The letters, that there are no more, and what is stored of them.
    assert server.control.stats()["find"] - finds == 3
    database.close()


@pytest.mark.light
@pytest.mark.parametrize("action", ["list", "requeue"])
def test_a_database_that_is_away_is_one_line(action):
    uri = f"mongodb://{HOST}:{free_port()}/?serverSelectionTimeoutMS=500"
    done = run(action, "--mongo-uri", uri)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and HOST in done.stderr


@pytest.mark.light
@pytest.mark.parametrize(
    "arguments",
    [[], ["mend"], ["list", "extra"], ["list", "--reason", "No Code"], ["requeue", "--id", "12"],
     ["requeue", "--limit", "3"], ["requeue", "--id", "x" * 24]],
)
def test_what_is_wrong_on_the_command_line_is_one_line_and_status_64(arguments):
    done = run(*arguments)
    assert done.returncode == USAGE
    assert done.stdout == "" and done.stderr.count("\n") == 1
