# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Documents that wait for a read-back, a verdict or a throttled database don't delay others."""

import pytest

from support import mongo_store
from support.balance import logged_balances
from support.mqtt import Client, reading
from support.waiting import eventually

QUICK = {"retry_min_ms": 50, "retry_max_ms": 500, "batch_linger_ms": 50}
COUNT = 40


@pytest.fixture
def scripted(make_scripted_server):
    return make_scripted_server()


@pytest.fixture
def database(scripted):
    database = scripted.database()
    yield database
    database.close()


@pytest.fixture
def broker(make_broker, database):
    return make_broker({**database.options, **QUICK}).start()


def publish_values(broker, values):
    with Client(broker) as client:
        sent = [client.send("device/d", reading("d", value)) for value in values]
        eventually(lambda: all(message.is_published() for message in sent))


def stored_values(database):
    return sorted(document["value"] for document in database.devices.find())


def settled(broker):
    broker.stop()
    balance = logged_balances(broker)[-1]
    return {name: balance[name] for name in ["stored", "dead_lettered", "pending"]}


@pytest.mark.smoke
@pytest.mark.light
def test_a_set_that_refuses_majority_reads_settles_after_a_lost_answer(scripted, broker, database):
    scripted.control.refuse_majority_reads()
    answers = scripted.control.lose_insert_answers(mode=1)
    publish_values(broker, range(5))
    eventually(lambda: scripted.control.strikes(answers) == 1)
    publish_values(broker, range(5, COUNT))
    eventually(lambda: database.devices.count_documents({}) == COUNT)
    assert settled(broker) == {"stored": COUNT, "dead_lettered": 0, "pending": 0}
    assert stored_values(database) == list(range(COUNT))


@pytest.mark.light
def test_a_user_who_may_not_find_settles_after_a_lost_answer(scripted, broker, database):
    answers = scripted.control.lose_insert_answers(mode=1)
    reads = scripted.control.refuse_reads()
    publish_values(broker, range(5))
    eventually(lambda: scripted.control.strikes(answers) == 1)
    publish_values(broker, range(5, COUNT))
    eventually(lambda: scripted.control.stats().get("insert", 0) >= 3)
    assert settled(broker) == {"stored": COUNT, "dead_lettered": 0, "pending": 0}
    scripted.control.mend(reads)
    assert stored_values(database) == list(range(COUNT))


@pytest.mark.light
def test_throttled_documents_become_no_dead_letters(scripted, broker, database):
    throttle = scripted.control.throttle(100, retry_after_ms=20)
    publish_values(broker, range(400))
    eventually(lambda: database.devices.count_documents({}) == 400, 60)
    assert scripted.control.strikes(throttle) > 0
    assert settled(broker) == {"stored": 400, "dead_lettered": 0, "pending": 0}
    assert broker.log.count("accepts fewer documents than are sent") >= 1


@pytest.mark.light
def test_poison_with_an_unknown_code_keeps_no_others_from_being_stored(scripted, broker, database):
    poison = scripted.control.refuse_documents({"value": {"$gte": 1000}}, 424242, "poison")
    publish_values(broker, [1000, 1001, 1002])
    eventually(lambda: scripted.control.strikes(poison) > 0)
    publish_values(broker, range(COUNT))
    eventually(lambda: database.devices.count_documents({}) == COUNT, 20)
    scripted.control.mend(poison)
    eventually(lambda: database.devices.count_documents({}) == COUNT + 3)
    assert settled(broker) == {"stored": COUNT + 3, "dead_lettered": 0, "pending": 0}


@pytest.mark.light
def test_a_read_back_that_is_slow_for_lists_settles_by_the_inserts_answer(
    scripted, make_broker, database
):
    uri = f"mongodb://{scripted.address}/?socketTimeoutMS=1000"
    broker = make_broker({**database.options, **QUICK, "mongo_uri": uri}).start()
    scripted.control.slow_id_lists(ms=3000)
    answers = scripted.control.lose_insert_answers(mode=2)
    publish_values(broker, range(COUNT))
    eventually(lambda: scripted.control.strikes(answers) == 2)
    publish_values(broker, range(COUNT, 2 * COUNT))
    eventually(lambda: database.devices.count_documents({}) == 2 * COUNT)
    assert settled(broker) == {"stored": 2 * COUNT, "dead_lettered": 0, "pending": 0}


def test_a_stop_tries_once_more_what_waits_in_a_long_pause(scripted, make_broker, database):
    long_pauses = {"retry_min_ms": 60_000, "retry_max_ms": 600_000, "shutdown_drain_ms": 20_000}
    broker = make_broker({**database.options, **long_pauses}).start()
    scripted.control.fail(["insert"], 1, errorCode=91)
    publish_values(broker, [1])
    eventually(lambda: scripted.control.strikes() == 1)
    assert settled(broker) == {"stored": 1, "dead_lettered": 0, "pending": 0}


@pytest.mark.light
def test_dead_letters_are_listed_and_requeued_without_majority_reads(scripted, broker, database):
    scripted.control.refuse_majority_reads()
    publish_values(broker, [1])
    with Client(broker) as client:
        client.publish("device/d", "no JSON")
    eventually(database.dead_letters.find_one)
    flags = ["--mongo-uri", database.uri, "--database", database.name]
    listed = mongo_store.run("dead-letters", "list", *flags)
    assert listed.returncode == 0 and "invalid_json" in listed.stdout, listed.stderr
    requeued = mongo_store.run("dead-letters", "requeue", *flags)
    assert requeued.returncode == 0 and "stay 1" in requeued.stdout, requeued.stderr
