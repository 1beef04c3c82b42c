# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A hostile message affects no other message, and needs bounded memory and space."""

import collections
import itertools
import random
import sys

import pytest
from support.balance import logged_balances
from support.mqtt import Client, await_balance, publish, read_balance, reading
from support.process_memory import MIB, MemorySampler
from support.raw_mqtt import Closed, RawClient
from support.waiting import eventually

QUICK_RETRIES = {"retry_min_ms": 50, "retry_max_ms": 1000}


def with_value(text):
    return b'{"uuid": "u", "value": ' + text + b"}"


# Input that cJSON silently accepts, cuts or rounds, or that makes it use much memory.
REJECTED = {
    "nul escape in a text": (with_value(b'"abc\\u0000def"'), "embedded_nul"),
    "nul escape in a key": (b'{"uuid\\u0000": 1, "uuid": "u", "value": 1}', "embedded_nul"),
    "nul escape in another field": (b'{"uuid": "u", "value": 1, "x": "\\u0000"}', "embedded_nul"),
    "cut unicode escape": (with_value(b'"\\u00"'), "invalid_json"),
    "no hexadecimal": (with_value(b'"\\u00g0"'), "invalid_json"),
    "half a surrogate pair": (with_value(b'"\\ud800"'), "invalid_json"),
    "unknown escape": (with_value(b'"\\x41"'), "invalid_json"),
    "garbage behind": (with_value(b"1") + b" x", "invalid_json"),
    "brace behind": (with_value(b"1") + b"}", "invalid_json"),
    "another value behind": (with_value(b"1") + with_value(b"2"), "invalid_json"),
    "leading zero": (with_value(b"01"), "invalid_json"),
    "leading zero below zero": (with_value(b"-01"), "invalid_json"),
    "nothing behind the point": (with_value(b"1."), "invalid_json"),
    "nothing before the point": (with_value(b".5"), "invalid_json"),
    "plus": (with_value(b"+1"), "invalid_json"),
    "two points": (with_value(b"1.2.3"), "invalid_json"),
    "minus alone": (with_value(b"-"), "invalid_json"),
    "exponent alone": (with_value(b"1e"), "invalid_json"),
    "hexadecimal": (with_value(b"0x10"), "invalid_json"),
    "not a number": (with_value(b"NaN"), "invalid_json"),
    "infinity": (with_value(b"Infinity"), "invalid_json"),
    "invalid utf-8": (with_value(b'"\xc3("'), "invalid_utf8"),
    "invalid utf-8 in a key": (b'{"\xff": 1, "uuid": "u", "value": 1}', "invalid_utf8"),
    "cut utf-8": (with_value(b"1") + b"\xe2\x98", "invalid_utf8"),
    "beyond unicode": (with_value(b'"\xf4\x90\x80\x80"'), "invalid_utf8"),
    "1e999": (with_value(b"1e999"), "number_out_of_range"),
    "giant integer": (with_value(b"9" * 100_000), "number_out_of_range"),
    "tab in a text": (with_value(b'"a\tb"'), "invalid_json"),
    "comma at the end": (with_value(b"[1,]"), "invalid_json"),
    "no quotes": (b'{uuid: "u", value: 1}', "invalid_json"),
    "single quotes": (b"{'uuid': 'u', 'value': 1}", "invalid_json"),
    "comment": (with_value(b"1 /* one */"), "invalid_json"),
    "byte order mark only": (b"\xef\xbb\xbf", "invalid_json"),
    "100,000 brackets": (b"[" * 100_000, "too_deep"),
    "100,000 braces": (b'{"a":' * 100_000, "too_deep"),
    "closed before opened": (b"]" * 1000 + b"[" * 1000, "too_deep"),
}
TAKEN = {
    "9007199254740993": 2**53 + 1,
    '"\\ud83c\\udf21"': "\U0001f321",
    '"\\\\u0000"': "\\u0000",
    "0." + "1" * 1000: 1 / 9,
    "1" + "0" * 300 + ".0": 1e300,
    "[" * 99 + "]" * 99: None,
}


def settled(database):
    return database.devices.count_documents({}) + database.dead_letters.count_documents({})


def balance_at_stop(broker):
    broker.stop()
    return logged_balances(broker)[-1]


@pytest.mark.light
def test_what_cjson_would_take_is_looked_at_before(make_broker, make_scripted_server):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    with Client(broker) as device:
        for name, (payload, _) in REJECTED.items():
            device.publish(f"device/{name.replace('+', ' ')}", payload)
        for text in TAKEN:
            device.publish("device/taken", f'{{"uuid": "u", "value": {text}}}')
    eventually(lambda: settled(database) == len(REJECTED) + len(TAKEN), 60)
    codes = {letter["topic"]: letter["reason"]["code"] for letter in database.dead_letters.find()}
    assert codes == {f"device/{name}": code for name, (_, code) in REJECTED.items()}
    values = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert values[:-1] == list(TAKEN.values())[:-1]


# In cJSON each of these needs many times its size: a node of 64 bytes for two bytes of text.
HUNGRY = {
    "ones": b"[" + b"1," * 500_000 + b"1]",
    "ones within": with_value(b"[" + b"1," * 500_000 + b"1]"),
    "empty objects": with_value(b"[" + b"{}," * 330_000 + b"{}]"),
    "fields": b"{" + b'"a":1,' * 170_000 + b'"uuid": "u", "value": 1}',
}
HARMLESS = reading("a", "x" * 1_000_000)
REPEATED = 50
GROWTH_BYTES_MAX = 40 * MIB  # a single one's tree needs more


def most_taken_by(broker, collection, payload):
    """Publishes the payload repeatedly until it is stored. Returns the broker's peak of private
    memory."""
    with MemorySampler(broker.child.pid, "RssAnon") as memory:
        with Client(broker) as device:
            sent = [device.send("device/a", payload) for _ in range(REPEATED)]
            eventually(lambda: all(message.is_published() for message in sent), 60)
        eventually(lambda: collection.count_documents({}) == REPEATED, 90)
    return max(memory.samples)


def test_a_megabyte_of_small_values_takes_no_more_than_one_text(
    make_broker, make_scripted_server
):
    database = make_scripted_server().database()
    broker = make_broker(database.options).start()
    before = most_taken_by(broker, database.devices, HARMLESS)
    for name, payload in HUNGRY.items():
        growth = most_taken_by(broker, database.dead_letters, payload) - before
        letter = database.dead_letters.find_one({}, {"reason": 1})
        assert letter["reason"]["code"] == "too_many_values"
        database.dead_letters.drop()
        print(f"{name}: {before / MIB:.1f} MiB before, then {growth / MIB:.1f} MiB more")
        assert growth < GROWTH_BYTES_MAX, name


LONG_TOPIC = b"device/" + b"x" * 64_993
FLOOD, WINDOW = 20_000, 20
BESIDE_PAYLOAD_BYTES_MAX = 2048
SEGMENT_BYTES = 4 * MIB
# Otherwise the second of several PUBACKs waits until TCP has acknowledged the first.
QUICK_ACKNOWLEDGEMENTS = "set_tcp_nodelay true"


def flood_by_alias(broker, payload, count):
    """Sends `count` messages of nine bytes plus the payload, and waits for each PUBACK."""
    with RawClient(broker, b"flood") as client:
        client.send(client.publish_packet(LONG_TOPIC, payload, 1, alias=1))
        client.await_acknowledgements(1)
        for _ in range(count // WINDOW):
            client.send(b"".join(client.publish_packet(b"", payload, packet_id, alias=1)
                                 for packet_id in range(1, WINDOW + 1)))
            client.await_acknowledgements(WINDOW)


def test_a_topic_alias_flood_takes_two_kilobytes_a_message_at_most(make_broker, server):
    database = server.database()
    server.stop()
    options = {**database.options, **QUICK_RETRIES}
    broker = make_broker(options, config=QUICK_ACKNOWLEDGEMENTS).start()
    payload = b"01234567890123456789"
    count = FLOOD + 1
    before = read_balance(broker)["journal_bytes"]
    flood_by_alias(broker, payload, FLOOD)
    balance = await_balance(broker, appended=count, pending=count, received=count)
    # It counts whole segments: the last one isn't full, and others were created in advance.
    taken = balance["journal_bytes"] - before - SEGMENT_BYTES
    print(f"{taken / count:.0f} bytes of journal a message")
    assert taken <= count * (len(payload) + BESIDE_PAYLOAD_BYTES_MAX)

    server.start()
    letters = database.dead_letters
    eventually(lambda: letters.count_documents({}) >= count, 120, 0.5, "too few dead letters")
    letter = database.dead_letters.find_one()
    assert letter["reason"]["code"] == "topic_too_long"
    assert letter["topic"].encode() == LONG_TOPIC[:1024]
    assert letter["payload"] == payload
    publish(broker, "device/good", reading())
    eventually(database.devices.find_one, 60)
    balance = balance_at_stop(broker)
    assert (balance["dead_lettered"], balance["stored"]) == (count, 1)
    assert balance["received"] == balance["appended"] == count + 1
    assert letters.count_documents({}) == count
    database.close()


def mutated(chance, payload):
    """The payload with a few bytes changed, removed or doubled."""
    data = bytearray(payload)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        doubled = data[at : at + 3] * 2
        data[at : at + chance.randint(0, 2)] = chance.choice(
            [b"", chance.randbytes(1), doubled, b'"', b"\\", b"[", b"}", b"\\u", b"e9"]
        )
        data = data or bytearray(b"{")
    return bytes(data)


GOOD = b'{"uuid": "u\\u00fc", "value": [1, -2.5e3, {"a": [true, null, "\xe2\x98\x83"]}]}'


def random_payloads(chance, count):
    for _ in range(count):
        kind = chance.randrange(4)
        if kind == 0:
            yield chance.randbytes(chance.randrange(300))
        elif kind == 1:
            yield bytes(chance.choices(b'{}[]",:\\u0159.eE+-truefalsn \x00\xc3\xbc', k=60))
        else:
            yield mutated(chance, GOOD)


@pytest.mark.smoke
@pytest.mark.light
def test_random_payloads_each_become_a_document_or_a_dead_letter(broker, database):
    payloads = list(random_payloads(random.Random(7), 2000))
    with Client(broker) as device:
        sent = [device.send("device/a", payload) for payload in payloads]
        eventually(lambda: all(message.is_published() for message in sent), 90)
    eventually(lambda: settled(database) >= len(payloads), 90)
    balance = balance_at_stop(broker)
    assert balance["stored"] + balance["dead_lettered"] == len(payloads) == balance["received"]
    assert balance["stored"] > 10, "no mutation is harmless: they are too wild to find much"
    kept = collections.Counter(letter["payload"] for letter in database.dead_letters.find())
    assert kept.total() == balance["dead_lettered"]
    assert not kept - collections.Counter(payloads), "a dead letter holds what nobody sent"
    assert database.devices.count_documents({}) == balance["stored"]


def random_texts(chance, count):
    """UTF-8 text of any code points, and now and then invalid bytes."""
    for _ in range(count):
        kind, length = chance.randrange(3), chance.randrange(1, 40)
        if kind == 0:
            yield chance.randbytes(length)
            continue
        limit = 0x250 if kind == 1 else sys.maxunicode
        points = (chance.randrange(limit) for _ in itertools.count())
        allowed = (point for point in points if not 0xD800 <= point < 0xE000)
        yield "".join(map(chr, itertools.islice(allowed, length))).encode()


def count_acknowledged(broker, messages):
    """Publishes each (client id, user name, topic) with a separate client. Returns how many the
    broker accepted."""
    acknowledged = 0
    for client_id, username, topic in messages:
        try:
            with RawClient(broker, client_id, username) as client:
                client.publish(topic, reading().encode())
            acknowledged += 1
        except Closed:
            pass  # the broker considers it malformed
    return acknowledged


@pytest.mark.light
@pytest.mark.parametrize("place", ["client id", "user name", "topic"])
def test_random_texts_harm_nobody(make_broker, database, place):
    broker = make_broker({**database.options, "metadata": "on"}).start()
    texts = list(random_texts(random.Random(place), 1000))
    places = {"client id": lambda text: (text, None, b"device/a"),
              "user name": lambda text: (b"raw", text, b"device/a"),
              "topic": lambda text: (b"raw", None, b"device/" + text)}
    acknowledged = count_acknowledged(broker, map(places[place], texts))
    print(f"{acknowledged} of {len(texts)} were taken")
    assert acknowledged > 100
    publish(broker, "device/good", reading("good"))
    eventually(lambda: settled(database) >= acknowledged + 1, 60)
    balance = balance_at_stop(broker)
    assert balance["received"] == balance["appended"] == acknowledged + 1
    assert balance["stored"] + balance["dead_lettered"] == acknowledged + 1
    assert settled(database) == acknowledged + 1
    assert database.devices.find_one({"deviceUID": "good"})
