# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The database is away or frozen: the broker continues, and nothing is lost or doubled."""

import time

import pytest

from support.balance import BalanceWatch, logged_balances
from support.device_sim import DeviceSim
from support.mqtt import Client, reading
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

SOON = {"retry_max_ms": 500}  # delivery resumes within this time
OUTAGE_BEGINS = "mongo_store: delivery: MongoDB doesn't accept documents"
OUTAGE_ENDS = "mongo_store: delivery: MongoDB accepts documents again"


@pytest.fixture
def own(server):
    """A database in a server that the test may stop and freeze."""
    database = server.database()
    yield database
    database.close()


def publish_all(broker, values):
    """Publishes one after the other, each acknowledged before the next is sent."""
    with Client(broker) as client:
        for value in values:
            client.publish("device/d", reading("d", value))


def stored_values(database):
    return [document["value"] for document in database.devices.find().sort("_id", 1)]


def await_values(database, values):
    """Checks that exactly these values are stored, in the order in which they were published."""
    eventually(lambda: database.devices.count_documents({}) >= len(values), 60)
    stays(lambda: database.devices.count_documents({}) == len(values), 0.5)
    assert stored_values(database) == list(values)
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.light
def test_a_database_that_comes_after_the_broker_gets_everything(server, own, make_broker):
    server.stop()
    broker = make_broker({**own.options, **SOON}).start()
    publish_all(broker, range(50))
    eventually(lambda: OUTAGE_BEGINS in broker.log)
    assert OUTAGE_ENDS not in broker.log
    server.start()
    await_values(own, range(50))
    broker.stop()
    assert broker.log.count(OUTAGE_BEGINS) == 1
    assert broker.log.count(OUTAGE_ENDS) == 1


def test_ten_seconds_without_the_database_lose_and_double_nothing(server, own, make_broker):
    broker = make_broker({**own.options, **SOON}).start()
    with BalanceWatch(broker) as watch, DeviceSim(
        broker, qos=1, devices=5, rate=0.05, duration=18
    ) as fleet:
        eventually(lambda: own.devices.count_documents({}) > 50)
        server.stop()
        time.sleep(10)
        assert fleet.is_running()
        server.start()
        summary = fleet.summary()
        assert summary["acknowledged"] > 0
        assert summary["reconnects"] == 0, "the outage was felt by the devices"
        count = summary["acknowledged"]
        eventually(lambda: own.devices.count_documents({}) >= count, 60)
        await_of = lambda: [seen for seen in watch.seen() if seen["stored"] == count]
        settled = eventually(await_of, 30)[0]
    assert settled["pending"] == 0 and settled["appended"] == count
    assert any(balance["pending"] > 0 for balance in watch.seen()), "no look during the outage"
    assert own.devices.count_documents({}) == count
    assert len(own.devices.distinct("deviceUID")) == 5
    assert own.dead_letters.count_documents({}) == 0
    broker.stop()
    assert broker.log.count(OUTAGE_BEGINS) == 1, "one line when it begins"
    assert broker.log.count(OUTAGE_ENDS) == 1, "one line when it ends"
    assert logged_balances(broker)[-1]["stored"] == count


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("how", ["stop", "suspend"])
def test_acknowledgements_do_not_wait_for_the_database(server, own, make_broker, how):
    broker = make_broker({**own.options, **SOON}).start()
    publish_all(broker, [0])
    await_values(own, [0])
    getattr(server, how)()
    publish_all(broker, range(1, 100))  # each waits for its acknowledgement
    with Client(broker) as client:
        client.publish("device/d", reading("d", 100), qos=2)
    if how == "stop":
        server.start()
    else:
        server.resume()
    await_values(own, range(101))


DRAIN_MS = 1000
STOP_S = DRAIN_MS / 1000 + 2
SLACK_S = 3


@pytest.mark.smoke
@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "never_connected"])
def test_a_frozen_database_does_not_keep_the_broker_from_stopping(
    server, own, make_broker, is_connected
):
    broker = make_broker({**own.options, **SOON, "shutdown_drain_ms": DRAIN_MS})
    first = 0
    if is_connected:
        broker.start()
        publish_all(broker, [0])
        await_values(own, [0])
        server.suspend()
        first = 1
    else:
        server.suspend()
        broker.start()
    publish_all(broker, range(first, 30))
    begin = time.monotonic()
    broker.stop()  # with exit code 0
    assert time.monotonic() - begin < STOP_S + SLACK_S
    assert logged_balances(broker)[-1]["pending"] == 30 - first
    server.resume()
    broker.start()
    await_values(own, range(30))
    broker.stop()
    last = logged_balances(broker)[-1]
    assert last["stored"] == last["appended"] == 30
