# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A MongoDB that fails in every way that a test can script: each message is stored once."""

import pytest

from support.balance import logged_balances
from support.mqtt import Client, reading
from support.waiting import eventually, stays

QUICK = {"retry_min_ms": 50, "retry_max_ms": 500, "batch_linger_ms": 50}
COUNT = 40


@pytest.fixture
def scripted(make_scripted_server):
    return make_scripted_server()


@pytest.fixture
def options(scripted):
    uri = f"mongodb://{scripted.address}/?socketTimeoutMS=2000&serverSelectionTimeoutMS=2000"
    return {"mongo_uri": f"{uri}&wtimeoutMS=1000", "database": "faults", **QUICK}


@pytest.fixture
def broker(make_broker, options):
    return make_broker(options).start()


@pytest.fixture
def database(scripted):
    database = scripted.database()
    database.name = "faults"
    yield database
    database.close()


def publish_all(broker, values, uid="d"):
    with Client(broker) as client:
        sent = [client.send("device/d", reading(uid, value)) for value in values]
        eventually(lambda: all(message.is_published() for message in sent))


def stored_values(database):
    return sorted(document["value"] for document in database.devices.find())


def assert_stored_once(broker, database, count=COUNT):
    eventually(lambda: database.devices.count_documents({}) >= count, 60)
    broker.stop()
    assert stored_values(database) == list(range(count))
    assert database.dead_letters.count_documents({}) == 0
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"], balance["dead_lettered"]) == (count, 0, 0)


PASSING = {
    "cut_while_it_reads": dict(closeWhileReading=True),
    "cut_before_it_applies": dict(closeConnection=True),
    "cut_after_it_applied": dict(closeConnection=True, applyFirst=True),
    "late_after_it_applied": dict(blockConnection=True, blockTimeMS=3000, applyFirst=True),
    "error_though_it_applied": dict(errorCode=91, applyFirst=True),
    "not_primary": dict(errorCode=10107),
    "stepped_down": dict(errorCode=189),
    "interrupted": dict(errorCode=11602, applyFirst=True),
    "unknown_command_error": dict(errorCode=123456),
    "majority_not_reached": dict(writeConcernError={"code": 64, "errmsg": "no majority"}),
    "each_document_quota": dict(writeErrors=[{"code": 14031}]),
    "each_document_stepped_down": dict(writeErrors=[{"code": 189}]),
    "each_document_no_progress": dict(writeErrors=[{"code": 82}]),
}


@pytest.mark.light
@pytest.mark.parametrize("data", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_passes_loses_and_doubles_nothing(scripted, broker, database, data):
    scripted.control.fail(["insert"], 3, **data)
    publish_all(broker, range(COUNT))
    eventually(lambda: scripted.control.strikes() == 3, 60)
    assert_stored_once(broker, database)


@pytest.mark.light
def test_what_no_majority_confirmed_is_not_counted_stored(
    scripted, make_broker, options, database
):
    broker = make_broker({**options, "shutdown_drain_ms": 0}).start()
    scripted.control.fail(["insert"], writeConcernError={"code": 64, "errmsg": "waiting"})
    publish_all(broker, range(COUNT))
    eventually(lambda: database.devices.count_documents({}) == COUNT)
    eventually(lambda: scripted.control.strikes() > 3, what="a duplicate key counted as stored")
    broker.stop()
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["pending"]) == (0, COUNT)
    scripted.control.mend()
    broker.options = options
    broker.start()
    assert_stored_once(broker, database)


@pytest.mark.smoke
@pytest.mark.light
def test_a_hanging_server_is_left_and_tried_again(scripted, broker, database):
    scripted.control.fail(["insert"], blockConnection=True)
    publish_all(broker, range(COUNT))
    eventually(lambda: scripted.control.strikes() >= 2, 60, what="one hanging command holds it")
    scripted.control.mend()
    assert_stored_once(broker, database)


@pytest.mark.smoke
@pytest.mark.light
def test_errors_at_given_documents_cost_only_these(scripted, broker, database):
    scripted.control.fail(
        ["insert"],
        namespace="faults.devices",
        documentsMatching={"deviceUID": "poison"},
        writeErrors=[{"code": 121, "errmsg": "poison"}],
    )
    publish_all(broker, range(10))
    publish_all(broker, [100, 101], "poison")
    publish_all(broker, range(10, 20))
    eventually(lambda: database.dead_letters.count_documents({}) == 2)
    eventually(lambda: database.devices.count_documents({}) == 20)
    broker.stop()
    assert stored_values(database) == list(range(20))
    balance = logged_balances(broker)[-1]
    assert (balance["stored"], balance["dead_lettered"], balance["pending"]) == (20, 2, 0)


@pytest.mark.light
@pytest.mark.parametrize("code", [8000, 14031, 13, 10107], ids=["quota", "disk", "rights", "read"])
def test_a_server_that_refuses_each_write_is_not_pestered(scripted, broker, database, code):
    scripted.control.fail(["insert"], errorCode=code)
    publish_all(broker, range(COUNT))
    eventually(lambda: scripted.control.strikes() >= 1)
    before = scripted.control.strikes()
    stays(lambda: scripted.control.strikes() - before <= 100, 5)
    assert "doesn't accept documents" in broker.log
    scripted.control.mend()
    assert_stored_once(broker, database)


@pytest.mark.light
def test_an_account_that_is_revoked_and_comes_back(make_scripted_server, make_broker, tmp_path):
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    scripted = make_scripted_server(
        user="u", password_file=password, auth_db="faults", scram_iterations=4096
    )
    database = scripted.database("u:s3cret@", "?authSource=faults")
    database.name = "faults"
    uri = f"mongodb://u:s3cret@{scripted.address}/?authSource=faults"
    broker = make_broker(
        {"mongo_uri": uri, "database": "faults", "delivery_threads": 1, **QUICK}
    ).start()
    publish_all(broker, range(10))
    eventually(lambda: database.devices.count_documents({}) == 10)
    scripted.control.simulate("revokeAuthentication")
    publish_all(broker, range(10, COUNT))
    eventually(lambda: "doesn't accept documents" in broker.log)
    asked = lambda: sum(scripted.control.stats().get(name, 0) for name in ["saslStart", "insert"])
    before = asked()
    stays(lambda: asked() - before <= 100, 3)
    scripted.control.simulate("acceptAuthentication")
    fresh = scripted.database("u:s3cret@", "?authSource=faults")
    fresh.name = "faults"
    assert_stored_once(broker, fresh)
    database.close()
    fresh.close()
