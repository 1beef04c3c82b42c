# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The plugin tries the database once at the start, and logs one line: what it is connected to, or
which step failed and what to do."""

import pytest
from support.certificates import Authority
from support.mqtt import publish, reading
from support.port import HOST, free_port
from support.waiting import eventually, stays

pytestmark = pytest.mark.light

QUICK = {"shutdown_drain_ms": 0}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def lines_of(broker):
    return [line for line in broker.log.splitlines() if "mongo_store: MongoDB: " in line]


def the_line(broker):
    """Returns the line. Checks that there is one without any publish, and never a second one."""
    eventually(lambda: lines_of(broker), 60)
    stays(lambda: len(lines_of(broker)) == 1, 1)
    return lines_of(broker)[0]


def start_line(make_broker, uri, **options):
    return the_line(make_broker({"mongo_uri": uri, **QUICK, **options}).start())


def test_it_says_what_it_is_connected_to_and_makes_no_noise(make_broker, database):
    """The embedded server is FerretDB, which has neither users nor sets."""
    broker = make_broker(database.options).start()
    line = the_line(broker)
    assert "connected to a single server" in line and "version " in line
    assert "; but " not in line and "write concern majority, journaled" in line
    assert database.collection().database.list_collection_names() == []


def test_a_database_that_is_away_is_told_at_once(make_broker):
    line = start_line(make_broker, f"mongodb://{HOST}:{free_port()}/")
    assert "not ready" in line and "refused" in line and "nothing is listening there" in line


def test_a_set_without_a_primary_is_told_as_that(make_broker, make_replica_set):
    replica_set = make_replica_set()
    replica_set.control.simulate("holdElections")
    replica_set.step_down(seconds=100)
    eventually(lambda: replica_set.primary() is None)
    line = start_line(make_broker, replica_set.uri("&serverSelectionTimeoutMS=1000"))
    assert "the replica set rs0 has no primary: a majority" in line


def test_a_secondary_alone_is_told_as_that(make_broker, make_replica_set):
    replica_set = make_replica_set()
    secondary = replica_set.in_state("SECONDARY")[0]
    line = start_line(make_broker, f"mongodb://{secondary}/")
    assert "it is a secondary, which accepts no writes: add replicaSet=rs0" in line


@pytest.mark.parametrize("wrong, said", [
    ("another host's certificate", "is for another host"),
    ("another authority", "isn't signed by an authority that is trusted here"),
    ("expired", "check the server's certificate, and this machine's clock"),
    ("tls at the server only", "it may require TLS (mongo_tls_ca_file)"),
    ("tls at the broker only", "only one side uses TLS"),
])  # fmt: skip
def test_tls_that_goes_wrong_is_told_by_its_cause_at_start_and_when_it_matters(
    make_broker, make_scripted_server, authority, tmp_path, wrong, said
):
    certificate = authority.issue_server()
    options = {"mongo_tls_ca_file": authority.ca_file}
    if wrong == "another host's certificate":
        certificate = authority.issue("elsewhere", "subjectAltName=DNS:elsewhere.example")
    if wrong == "another authority":
        options["mongo_tls_ca_file"] = Authority(tmp_path / "other").ca_file
    if wrong == "expired":
        certificate = authority.issue("expired", f"subjectAltName=IP:{HOST}", days=-1)
    if wrong == "tls at the server only":
        options = {}
    speaks_tls = wrong != "tls at the broker only"
    server = make_scripted_server(
        **({"tls_certificate_key_file": certificate} if speaks_tls else {}))
    uri = f"mongodb://{server.address}/?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000"
    broker = make_broker({"mongo_uri": uri, **QUICK, **options}).start()
    assert said in the_line(broker)
    publish(broker, "device/a", reading("a", 1))
    trouble = eventually(
        lambda: [line for line in broker.log.splitlines() if "doesn't accept documents" in line], 60)
    assert said in trouble[0]


def test_no_user_where_one_is_asked_for(make_broker, make_scripted_server, tmp_path):
    password_file = tmp_path / "password"
    password_file.write_text("s3cret")
    server = make_scripted_server(user="gateway", password_file=password_file)
    broker = make_broker({"mongo_uri": f"mongodb://{server.address}/", **QUICK}).start()
    assert "mongo_user is not set, but the server requires a user" in the_line(broker)
    publish(broker, "device/a", reading("a", 1))
    trouble = eventually(
        lambda: [line for line in broker.log.splitlines() if "doesn't accept documents" in line], 60)
    assert "mongo_user is not set" in trouble[0]
