# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""SCRAM-SHA-256 between the broker's image and the stand-in database, with passwords in files."""

import time

import pytest

from support.engine import docker
from support.mqtt import publish, reading
from support.sandbox import Sandbox
from support.waiting import eventually

STORED_S = 60
SEVERAL_RETRIES_S = 3
REFUSED = "MongoDB doesn't accept documents"
TAKEN = "MongoDB accepts documents again"


@pytest.fixture(scope="module")
def place(images, tmp_path_factory):
    """A network with one stand-in for all tests of this file."""
    sandbox = Sandbox(tmp_path_factory.mktemp("scram") / "sandbox")
    try:
        sandbox.shared = sandbox.database().start()
        yield sandbox
    finally:
        sandbox.close()


@pytest.fixture
def database(place):
    return place.shared


def make_user(database, name, role, of):
    roles = [{"role": role, "db": of}]
    database.admin_command("createUser", name, pwd=f"{name} has this", roles=roles)


def broker_of(place, user, password, **options):
    """Documents go into a collection that is named after the user."""
    secret = place.secret(user, password)
    given = {"mongo_uri": place.shared.uri, "mongo_user": user, "retry_max_ms": 500}
    given |= {"mongo_password_file": f"/run/secrets/{user}", "collection": user, **options}
    return place.broker(*secret, **given).await_healthy()


def stored(database, user, values):
    eventually(lambda: sorted(database.values(user)) == values, STORED_S, 0.2)


def assert_said_once(broker, reason):
    broker.await_log(REFUSED)
    time.sleep(SEVERAL_RETRIES_S)
    [line] = [line for line in broker.log.splitlines() if REFUSED in line]
    assert reason.lower() in line.lower()


def test_the_right_password_from_a_file_stores(place, database):
    broker = broker_of(place, "mongogw", database.password)
    publish(broker, "device/d", reading("d", 1))
    stored(database, "mongogw", [1])
    assert REFUSED not in broker.log and database.password not in broker.log


def test_a_wrong_password_is_said_once_and_put_right_without_a_restart(place, database):
    make_user(database, "wrong", "readWrite", "mongogw")
    broker = broker_of(place, "wrong", "not this one")
    for value in (1, 2, 3):
        publish(broker, "device/d", reading("d", value))
    assert_said_once(broker, "authentication failed")
    assert broker.health == "healthy" and database.values("wrong") == []
    assert "not this one" not in broker.log
    place.secret("wrong", "wrong has this")
    stored(database, "wrong", [1, 2, 3])
    assert TAKEN in broker.log


def test_a_password_that_changes_is_read_again(place, database):
    make_user(database, "changing", "readWrite", "mongogw")
    broker = broker_of(place, "changing", "changing has this")
    publish(broker, "device/d", reading("d", 1))
    stored(database, "changing", [1])
    database.admin_command("updateUser", "changing", pwd="a new one")
    docker("restart", database.container.name)  # otherwise connections would stay logged in
    database.container.await_healthy()
    publish(broker, "device/d", reading("d", 2))
    broker.await_log("uthentication failed")
    assert database.values("changing") == [1]
    place.secret("changing", "a new one")
    stored(database, "changing", [1, 2])


# The stand-in doesn't enforce roles. tests/integration/test_credentials.py tests a user without the
# right against the scripted server.
def test_a_user_who_is_not_there_yet_is_said_once_and_what_came_is_kept(place, database):
    broker = broker_of(place, "late", "late has this")
    publish(broker, "device/d", reading("d", 1))
    assert_said_once(broker, "authentication failed")
    assert database.values("late") == []
    make_user(database, "late", "readWrite", "mongogw")
    stored(database, "late", [1])
