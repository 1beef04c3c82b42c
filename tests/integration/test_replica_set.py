# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A replica set that elects, splits and rolls back: acknowledged messages are stored once."""

import pymongo
import pytest

from support.balance import logged_balances
from support.device_sim import DeviceSim
from support.mqtt import Client, reading
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

QUICK = {"retry_min_ms": 50, "retry_max_ms": 500, "batch_linger_ms": 20}
PARAMETERS = (
    "&socketTimeoutMS=3000&serverSelectionTimeoutMS=1000&connectTimeoutMS=1000"
    "&heartbeatFrequencyMS=500&wtimeoutMS=1000"
)


@pytest.fixture
def replica_set(make_replica_set):
    return make_replica_set()


@pytest.fixture
def broker(make_broker, replica_set):
    return make_broker({"mongo_uri": replica_set.uri(PARAMETERS), **QUICK}).start()


@pytest.fixture
def committed(replica_set):
    database = replica_set.committed()
    yield database
    database.close()


def publish_all(broker, values):
    with Client(broker) as client:
        sent = [client.send("device/d", reading("d", value)) for value in values]
        eventually(lambda: all(message.is_published() for message in sent))


def assert_stored_once(broker, committed, count):
    eventually(lambda: committed.devices.count_documents({}) >= count, 60)
    broker.stop()
    assert sorted(d["value"] for d in committed.devices.find()) == list(range(count))
    assert committed.dead_letters.count_documents({}) == 0
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"]) == (count, 0)


def load_stored_once(broker, committed, disturb, duration=12):
    """Publishes while the set is disturbed. Checks that each acknowledged message is stored
    once."""
    with DeviceSim(broker, qos=1, devices=5, rate=0.02, duration=duration) as fleet:
        eventually(lambda: committed.devices.count_documents({}) > 50)
        disturb()
        count = fleet.summary()["acknowledged"]
    eventually(lambda: committed.devices.count_documents({}) >= count, 60)
    broker.stop()
    assert committed.devices.count_documents({}) == count
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"], balance["dead_lettered"]) == (count, 0, 0)


@pytest.mark.light
def test_writes_reach_every_member(replica_set, broker, committed):
    publish_all(broker, range(100))
    assert_stored_once(broker, committed, 100)
    replica_set.await_caught_up()
    assert {member["documents"] for member in replica_set.status().values()} == {100}


@pytest.mark.parametrize("kills", [False, True], ids=["kept", "killed"])
def test_step_downs_under_load(replica_set, broker, committed, kills):
    def disturb():
        for _ in range(3):
            before = replica_set.await_primary()
            replica_set.step_down(kill_connections=kills)
            replica_set.await_primary(other_than=before)

    load_stored_once(broker, committed, disturb)


def test_a_primary_that_dies_under_load_and_comes_back(replica_set, broker, committed):
    def disturb():
        for _ in range(2):
            primary = replica_set.await_primary()
            replica_set.control.simulate("stopMembers", members=[primary])
            replica_set.await_primary(other_than=primary)
            replica_set.control.simulate("startMembers", members=[primary])
            replica_set.await_caught_up()

    load_stored_once(broker, committed, disturb)


def test_a_partitioned_primary_under_load(replica_set, broker, committed):
    def disturb():
        for from_clients in [False, True]:
            primary = replica_set.await_primary()
            replica_set.partition([primary], from_clients)
            replica_set.await_primary(other_than=primary)
            replica_set.heal()
            replica_set.await_caught_up()

    load_stored_once(broker, committed, disturb)


@pytest.mark.smoke
@pytest.mark.light
def test_what_no_majority_had_is_rolled_back_and_not_lost(
    make_replica_set, make_broker
):
    replica_set = make_replica_set(election_ms=3000)
    committed = replica_set.committed()
    old = replica_set.await_primary()
    writer = replica_set.writer(old).mongogw.devices
    broker = make_broker({"mongo_uri": replica_set.uri(PARAMETERS), **QUICK}).start()
    publish_all(broker, range(10))
    eventually(lambda: committed.devices.count_documents({}) == 10)

    replica_set.partition([old])
    publish_all(broker, range(10, 20))
    assert writer.insert_one({"_id": "w1", "value": -1}).acknowledged
    eventually(lambda: writer.count_documents({}) == 21, what="the old primary took no writes")
    assert committed.devices.count_documents({}) == 10, "committed without a majority"
    replica_set.await_primary(other_than=old)
    replica_set.heal()
    eventually(lambda: replica_set.status()[old]["rolledBack"] >= 11)

    assert_stored_once(broker, committed, 20)
    replica_set.await_caught_up()
    assert committed.devices.find_one({"_id": "w1"}) is None, "a roll-back kept it"
    committed.close()


@pytest.mark.light
def test_a_duplicate_key_that_no_majority_has_is_not_yet_stored(
    replica_set, make_broker, committed
):
    slow = replica_set.in_state("SECONDARY")
    replica_set.control.simulate("lag", members=slow, ms=3_600_000)
    options = {"mongo_uri": replica_set.uri(PARAMETERS), **QUICK}
    broker = make_broker({**options, "shutdown_drain_ms": 0}).start()
    publish_all(broker, range(10))
    uncommitted = replica_set.writer(replica_set.primary()).mongogw.devices
    eventually(lambda: uncommitted.count_documents({}) == 10)
    eventually(lambda: replica_set.asked("insert") >= 3, what="taken for stored on a duplicate key")
    broker.stop()
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"]) == (0, 10)
    replica_set.control.simulate("lag", members=slow, ms=0)
    broker.options = options
    broker.start()
    assert_stored_once(broker, committed, 10)


@pytest.mark.light
def test_no_primary_for_a_while_costs_few_attempts(replica_set, broker, committed):
    publish_all(broker, range(10))
    eventually(lambda: committed.devices.count_documents({}) == 10)
    replica_set.control.simulate("holdElections")
    replica_set.step_down(seconds=600)
    publish_all(broker, range(10, 30))
    eventually(lambda: "doesn't accept documents" in broker.log)

    before = replica_set.asked("insert")
    stays(lambda: replica_set.asked("insert") - before <= 100, 5, 0.5)
    replica_set.control.simulate("elect", members=[replica_set.seeds[0]])
    replica_set.control.simulate("allowElections")
    assert_stored_once(broker, committed, 30)


@pytest.mark.light
def test_refused_connections_are_tried_until_they_are_taken(replica_set, broker, committed):
    publish_all(broker, range(10))
    eventually(lambda: committed.devices.count_documents({}) == 10)
    replica_set.control.simulate("refuseConnections")
    replica_set.control.simulate("cutConnections")
    publish_all(broker, range(10, 30))
    eventually(lambda: "doesn't accept documents" in broker.log)
    replica_set.control.simulate("acceptConnections")
    assert_stored_once(broker, committed, 30)


def test_three_members_become_five_and_three_again(replica_set, broker, committed):
    first = list(replica_set.seeds)

    def disturb():
        for _ in range(2):
            replica_set.control.simulate("addMember")
        replica_set.await_caught_up()
        assert len(replica_set.status()) == 5
        for name in first[:2]:
            primary = replica_set.await_primary()
            replica_set.control.simulate("removeMembers", members=[name])
            replica_set.await_primary(other_than=name)
            assert primary in replica_set.status()
        replica_set.await_caught_up()

    load_stored_once(broker, committed, disturb)
    assert sorted(replica_set.in_state("REMOVED")) == sorted(first[:2])


@pytest.mark.light
def test_a_retryable_write_that_comes_again_is_done_once(replica_set):
    client = pymongo.MongoClient(replica_set.uri(), serverSelectionTimeoutMS=20000)
    devices = client.mongogw.devices
    replica_set.control.fail(["insert"], 1, closeConnection=True, applyFirst=True)
    devices.insert_one({"value": 1})  # the driver's one retry; no duplicate key is reported
    assert replica_set.control.mend() == 1
    assert devices.count_documents({}) == 1
    client.close()


@pytest.mark.light
def test_a_write_concern_that_cannot_be_met(replica_set):
    secondaries = replica_set.in_state("SECONDARY")
    replica_set.control.simulate("lag", members=secondaries, ms=3_600_000)
    devices = replica_set.writer(replica_set.primary()).mongogw.devices
    majority = devices.with_options(write_concern=pymongo.WriteConcern("majority", wtimeout=200))
    with pytest.raises(pymongo.errors.WTimeoutError) as error:
        majority.insert_one({"_id": 1})
    assert error.value.code == 64
    seen = devices.with_options(read_concern=pymongo.read_concern.ReadConcern("majority"))
    assert (devices.count_documents({}), seen.count_documents({})) == (1, 0)
    with pytest.raises(pymongo.errors.BulkWriteError) as again:
        majority.insert_many([{"_id": 1}], ordered=False)
    assert again.value.details["writeConcernErrors"], "a duplicate key hid that it isn't safe"
    replica_set.heal()
    eventually(lambda: seen.count_documents({}) == 1)
