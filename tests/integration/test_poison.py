# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A message that ends the broker's process, or makes the database close the connection."""

import itertools
import signal
import time

import pytest
from support import build_tree, mongo_store
from support.balance import logged_balances
from support.mqtt import Client, reading
from support.port import HOST, free_port
from support.proxy import Proxy
from support.waiting import eventually, stays

QUICK_RETRIES = {"retry_min_ms": 20, "retry_max_ms": 200}
POISON = "poison-marker"
IN_DEVICES = b"insert\0\x08\0\0\0devices\0"  # an insert into that collection


def publish_around(broker, marker, before, after):
    """Publishes good readings with values from 0, and the one with the marker between them."""
    with Client(broker) as device:
        sent = [device.send("device/d", reading("d", value)) for value in range(before)]
        sent.append(device.send("device/bad", reading(marker, 0)))
        sent += [device.send("device/d", reading("d", before + value)) for value in range(after)]
        eventually(lambda: all(message.is_published() for message in sent))


def away():
    """The plugin's options that lead to no server."""
    return {"mongo_uri": f"mongodb://{HOST}:{free_port()}/", "shutdown_drain_ms": 0}


def flags_for(database):
    return ["--mongo-uri", database.uri, "--database", database.name]


def values(database):
    return sorted(document["value"] for document in database.devices.find())


def await_all(database, documents):
    eventually(lambda: database.devices.count_documents({}) >= documents, 60)
    eventually(lambda: database.dead_letters.count_documents({}) >= 1, 60)
    stays(lambda: database.devices.count_documents({}) == documents, 0.3)
    assert values(database) == list(range(documents))
    [letter] = database.dead_letters.find()
    assert letter["topic"] == "device/bad"
    return letter


def publish_until_there_is_a_dead_letter(broker, database, first):
    """Publishes good readings with values from `first` continuously. Returns how many there are
    then."""
    values_to_come = itertools.count(first)
    with Client(broker) as device:

        def publish_one():
            device.publish("device/d", reading("d", next(values_to_come)))
            return database.dead_letters.count_documents({}) >= 1

        eventually(publish_one, 240, 0.2)
    return next(values_to_come)


@pytest.mark.smoke
@pytest.mark.parametrize("end", ["abort", "kill"])
def test_a_record_that_ends_the_process_is_set_aside_after_the_second_time(
    make_broker, database, end
):
    marker = f"parser-fault-{end}"
    broker = make_broker({**database.options, **away()}).start()
    publish_around(broker, marker, 30, 30)
    broker.stop()
    broker.options = database.options
    broker.environment["LD_PRELOAD"] = str(build_tree.PARSER_FAULT)
    for _ in range(2):
        broker.launch()
        broker._is_bad_end_expected = True
        assert broker.child.wait() == -getattr(signal, "SIG" + {"abort": "ABRT"}.get(end, "KILL"))
        assert database.devices.count_documents({}) == 0
    broker.start()
    letter = await_all(database, 60)
    assert letter["reason"]["code"] == "process_ended"
    assert marker.encode() in letter["payload"]
    broker.stop()
    assert logged_balances(broker)[-1]["dead_lettered"] == 1
    assert "becomes a dead letter, undecoded" in broker.log
    before = len(broker.log)
    broker.start()
    broker.stop()
    assert "tried alone" not in broker.log[before:]

    # The plugin can't tell a record that ends the process from a kill while that record was decoded
    # alone. Nothing is lost either way.
    del broker.environment["LD_PRELOAD"]
    requeued = mongo_store.succeed("dead-letters", "requeue", *flags_for(database))
    assert "stored 1" in requeued
    document = database.devices.find_one({"_id": letter["_id"]})
    assert (document["deviceUID"], document["date"]) == (marker, letter["date"])
    assert database.devices.count_documents({}) == 61
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.parametrize("only_in", [IN_DEVICES, b""])
def test_a_document_on_which_the_server_closes_costs_itself_only(
    make_broker, make_scripted_server, only_in
):
    server = make_scripted_server()
    database = server.database()
    is_poison = lambda message: POISON.encode() in message and only_in in message
    with Proxy(HOST, server.port, cut_before=is_poison) as proxy:
        options = {**database.options, **QUICK_RETRIES, "batch_linger_ms": 500}
        broker = make_broker({**options, "mongo_uri": proxy.uri}).start()
        publish_around(broker, POISON, 20, 20)
        count = publish_until_there_is_a_dead_letter(broker, database, 40)
        letter = await_all(database, count)
        broker.stop()
        assert proxy.cuts > 8
    assert letter["reason"]["code"] == "connection_closed"
    assert letter["payloadBytes"] > 0
    assert (POISON.encode() in letter["payload"]) == bool(only_in)
    kept = [path.name for path in broker.journal_dir.glob("*/*.payload")]
    assert kept == ([] if only_in else [f"{letter['_id']}.payload"])
    if kept:
        path = broker.journal_dir / "0001" / kept[0]
        assert path.read_text() == reading(POISON, 0)
        assert str(path) in letter["reason"]["message"] and str(path) in broker.log
        assert f"payloads   1 .payload files, {path.stat().st_size} bytes" in mongo_store.succeed(
            "journal", "inspect", broker.journal_dir
        )
    assert logged_balances(broker)[-1]["dead_lettered"] == 1


@pytest.mark.smoke
def test_answers_that_are_lost_in_mid_command_make_no_second_document(
    make_broker, make_scripted_server
):
    server = make_scripted_server()
    database = server.database()
    inserts = []
    with Proxy(HOST, server.port) as proxy:

        def is_each_second_insert(message):
            if b"insert\0" not in message:
                return False
            inserts.append(1)
            return len(inserts) % 2 == 1

        proxy.cut_after = is_each_second_insert
        options = {**database.options, **QUICK_RETRIES, "mongo_uri": proxy.uri}
        broker = make_broker(options).start()
        with Client(broker) as device:
            for value in range(40):
                device.publish("device/d", reading("d", value))
        eventually(lambda: database.devices.count_documents({}) == 40)
        broker.stop()
        assert proxy.cuts > 0
    assert values(database) == list(range(40))
    assert database.dead_letters.count_documents({}) == 0
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"]) == (40, 0)


def test_a_server_that_closes_each_connection_makes_no_dead_letter(
    make_broker, make_scripted_server
):
    server = make_scripted_server()
    database = server.database()
    with Proxy(HOST, server.port) as proxy:
        options = {**database.options, **QUICK_RETRIES, "mongo_uri": proxy.uri}
        broker = make_broker(options).start()
        publish_around(broker, "good", 5, 0)
        eventually(lambda: database.devices.count_documents({}) == 6)
        proxy.cut_before = lambda message: True
        publish_around(broker, "good", 5, 0)
        time.sleep(5)
        proxy.cut_before = lambda message: False
        eventually(lambda: database.devices.count_documents({}) == 12, 60)
        broker.stop()
    assert database.dead_letters.count_documents({}) == 0


# Sixty-four closings take longer than the plugin waits for MongoDB to accept something.
def test_a_lone_record_on_which_the_server_closes_is_delivered_without_a_broker_too(
    make_broker, make_scripted_server
):
    server = make_scripted_server()
    database = server.database()
    broker = make_broker({**away(), "database": database.name}).start()
    with Client(broker) as device:
        device.publish("device/bad", reading(POISON, 0))
    broker.kill()
    is_poison = lambda message: POISON.encode() in message and IN_DEVICES in message
    give_up_s = 4
    with Proxy(HOST, server.port, cut_before=is_poison) as proxy:
        flags = ["--mongo-uri", proxy.uri, "--database", database.name]
        begin = time.monotonic()
        told = mongo_store.succeed(
            "journal", "deliver", broker.journal_dir, *flags, "--give-up-after", give_up_s,
            environment={"MONGO_STORE_RETRY_MIN_MS": "20", "MONGO_STORE_RETRY_MAX_MS": "200"},
        )
        assert time.monotonic() - begin > give_up_s, "it proves nothing"
    assert proxy.cuts == 64
    assert "dead_lettered 1, damaged 0, left 0" in told
    [letter] = database.dead_letters.find()
    assert POISON.encode() in letter["payload"]
