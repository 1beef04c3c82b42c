# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker ends, cleanly or not, and starts again: messages that it acknowledged are stored
once."""

import datetime
from collections import Counter

import pytest

from support.balance import logged_balances
from support.mqtt import Client, reading
from support.port import HOST, free_port
from support.publisher import Publisher
from support.step_clock import StepClock
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

NO_DRAIN = {"shutdown_drain_ms": 0}


def away(database):
    """The plugin's options that lead to no server, but name the same database."""
    return {**database.options, "mongo_uri": f"mongodb://{HOST}:{free_port()}/", **NO_DRAIN}


def publish_values(broker, values, device="d"):
    with Client(broker) as client:
        for value in values:
            client.publish(f"device/{device}", reading(device, value))


def by_id(collection):
    return list(collection.find().sort("_id", 1))


def values_of(documents):
    return [document["value"] for document in documents]


def await_documents(collection, count):
    eventually(lambda: collection.count_documents({}) >= count, 60)
    stays(lambda: collection.count_documents({}) == count, 0.3)
    return by_id(collection)


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_pending_at_the_end_is_stored_after_the_next_start(make_broker, database, end):
    broker = make_broker(away(database)).start()
    publish_values(broker, range(200))
    getattr(broker, end)()
    broker.options = database.options
    broker.start()
    assert values_of(await_documents(database.devices, 200)) == list(range(200))
    assert ", 200 records of earlier runs pending" in broker.log
    broker.stop()
    balances = logged_balances(broker)
    assert balances[-2]["pending"] == 200, "at the start"
    assert balances[-2]["received"] == 0, "since the start"
    assert balances[-1]["stored"] == balances[-1]["appended"] == 200


@pytest.mark.light
def test_what_is_pending_keeps_the_settings_under_which_it_arrived(make_broker, database):
    before = {"gateway_id": "before", "collection": "a", "dead_letter_collection": "a_dead"}
    after = {"gateway_id": "after", "collection": "b", "dead_letter_collection": "b_dead"}
    before |= {"metadata": "off", "number_type": "auto"}
    after |= {"metadata": "on", "number_type": "double"}
    broker = make_broker({**away(database), **before}).start()
    publish_values(broker, range(5))
    publish_values(broker, ["no reading"], device="x")
    with Client(broker) as client:
        client.publish("device/d", "not JSON")
    broker.stop()

    # Once more without the database: two runs are pending, each with its own settings.
    broker.options = {**away(database), **after}
    broker.start()
    publish_values(broker, range(5, 8))
    broker.stop()

    broker.options = {**database.options, **before, "gateway_id": "third"}
    broker.start()
    publish_values(broker, [8])
    old = await_documents(database.collection("a"), 7)
    new = await_documents(database.collection("b"), 3)
    dead = await_documents(database.collection("a_dead"), 1)
    assert values_of(old) == [0, 1, 2, 3, 4, "no reading", 8]
    assert {document["gatewayID"] for document in old[:-1]} == {"before"}
    assert old[-1]["gatewayID"] == "third"
    assert all("topic" not in document for document in old)
    assert values_of(new) == [5, 6, 7]
    assert all(type(document["value"]) is float for document in new)
    assert {document["gatewayID"] for document in new} == {"after"}
    assert all(document["topic"] == "device/d" for document in new)
    assert dead[0]["gatewayID"] == "before"
    assert database.collection("b_dead").count_documents({}) == 0


@pytest.mark.light
def test_an_orderly_stop_delivers_what_is_pending_and_leaves_no_segment(make_broker, database):
    broker = make_broker({**database.options, "batch_linger_ms": 2000}).start()
    publish_values(broker, range(20))  # the first is sent at once, the others after the linger
    broker.stop()
    assert database.devices.count_documents({}) == 20
    left = sorted(file.name for file in (broker.journal_dir / "0001").iterdir())
    assert left == ["attempts", "checkpoint", "lock"]
    broker.start()
    assert broker.log.count(", 0 records of earlier runs pending") == 2
    broker.stop()
    assert database.devices.count_documents({}) == 20


@pytest.mark.smoke
@pytest.mark.light
def test_what_was_acknowledged_survives_each_kill_of_the_broker(make_broker, database):
    broker = make_broker(database.options).start()
    sent_again = set()
    with Publisher(broker) as publisher:
        for _ in range(4):
            more = publisher.acknowledged_count() + 300
            eventually(lambda: publisher.acknowledged_count() >= more, 60)
            broker.kill()
            sent_again |= publisher.unacknowledged()
            broker.start()
        publisher.end()
        eventually(lambda: not publisher.unacknowledged(), 60)
        values = publisher.values()
    broker.stop()  # delivers what is pending

    found = Counter(values_of(by_id(database.devices)))
    assert set(found) == set(values), "lost, though acknowledged"
    doubled = {value for value, times in found.items() if times > 1}
    assert doubled <= sent_again, "stored twice, though sent once"
    assert database.dead_letters.count_documents({}) == 0
    last = logged_balances(broker)[-1]
    assert last["appended"] == last["stored"] == found.total(), "each record is one document"


@pytest.mark.light
def test_what_was_acknowledged_survives_kills_while_the_database_is_away(make_broker, database):
    broker = make_broker(away(database)).start()
    acknowledged = 0
    for _ in range(4):
        publish_values(broker, range(acknowledged, acknowledged + 50))
        acknowledged += 50
        broker.kill()
        broker.start()
    broker.stop()
    broker.options = database.options
    broker.start()
    documents = await_documents(database.devices, acknowledged)
    assert values_of(documents) == list(range(acknowledged))


DAY_S = 24 * 3600


def offset_s(document):
    """The time of arrival in the document minus the present time, rounded to days."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return round((document["date"] - now).total_seconds() / DAY_S) * DAY_S


@pytest.mark.smoke
def test_identifiers_rise_over_restarts_though_the_clock_steps(make_broker, database, tmp_path):
    clock = StepClock(tmp_path)
    broker = make_broker(database.options, environment=clock.environment)
    offsets = [0, -2 * DAY_S, 3 * DAY_S, 0, -5 * DAY_S]
    count = 0
    for run, offset in enumerate(offsets):
        clock.step_to(offset)
        is_emptied = run % 2 == 0  # otherwise the next start finds its records
        broker.options = database.options if is_emptied else away(database)
        broker.start()
        publish_values(broker, range(count, count + 3))
        clock.step_to(offset - DAY_S)  # also while it runs
        publish_values(broker, range(count + 3, count + 6))
        count += 6
        if run == 1:
            broker.kill()
        else:
            broker.stop()
        if is_emptied:
            assert not list((broker.journal_dir / "0001").glob("*.segment"))
    documents = await_documents(database.devices, count)
    assert values_of(documents) == list(range(count)), "the order of identifiers"
    expected = [day for offset in offsets for day in [offset] * 3 + [offset - DAY_S] * 3]
    assert [offset_s(document) for document in documents] == expected, "the clock didn't step"
