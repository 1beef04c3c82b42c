# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""How the plugin connects to its database: users, replica sets, TLS, and the commands that it
sends."""

import pymongo
import pytest
from support.balance import logged_balances
from support.certificates import Authority
from support.mqtt import Client, publish, reading
from support.port import HOST, free_port
from support.waiting import eventually, stays

pytestmark = pytest.mark.light

PASSWORD = "s3cret/@:%"
ESCAPED_PASSWORD = "s3cret%2F%40%3A%25"
QUICK_RETRIES = {"retry_min_ms": 50, "retry_max_ms": 500}


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def assert_stored(broker, database, deadline_s=60):
    publish(broker, "device/a", reading("a", 27))
    document = eventually(database.devices.find_one, deadline_s)
    assert (document["deviceUID"], document["value"]) == ("a", 27)


def assert_secret(broker, password=PASSWORD):
    with open(f"/proc/{broker.child.pid}/cmdline", "rb") as command_line:
        shown = command_line.read().decode()
    for hidden in (password, ESCAPED_PASSWORD):
        assert hidden not in broker.log and hidden not in shown


def user_options(server, database, password_file, auth_source):
    return {"mongo_uri": f"mongodb://{server.address}/", "database": database.name,
            "mongo_user": "mongogw", "mongo_password_file": password_file,
            "mongo_auth_source": auth_source, **QUICK_RETRIES}


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_a_user_of_either_mechanism_delivers(
    make_broker, make_scripted_server, password_file, mechanism
):
    server = make_scripted_server(user="mongogw", password_file=password_file,
                                  auth_db="admin", mechanisms=mechanism)
    database = server.database(f"mongogw:{ESCAPED_PASSWORD}@")
    broker = make_broker(user_options(server, database, password_file, "admin")).start()
    assert_stored(broker, database)
    assert_secret(broker)


def as_options(server, password_file):
    return {"mongo_uri": f"mongodb://{server.address}/", "mongo_user": "mongogw",
            "mongo_password": PASSWORD}


def as_options_and_file(server, password_file):
    return {"mongo_uri": server.address, "mongo_user": "mongogw",
            "mongo_password_file": password_file}


def as_uri(server, password_file):
    return {"mongo_uri": f"mongodb://mongogw:{ESCAPED_PASSWORD}@{server.address}/"}


def as_uri_file(server, password_file):
    path = password_file.with_name("uri")
    path.write_text(f"mongodb://mongogw:{ESCAPED_PASSWORD}@{server.address}/?authSource=mongogw\n")
    return {"mongo_uri_file": path}


@pytest.mark.parametrize("given", [as_options, as_options_and_file, as_uri, as_uri_file])
def test_credentials_may_stand_where_one_likes(
    make_broker, make_scripted_server, password_file, given
):
    # The old gateway's user: created in the database that it writes to, with no rights elsewhere.
    server = make_scripted_server(user="mongogw", password_file=password_file,
                                  auth_db="mongogw", role="readWrite@mongogw")
    database = server.database(f"mongogw:{ESCAPED_PASSWORD}@", "?authSource=mongogw")
    database.name = "mongogw"
    broker = make_broker({**given(server, password_file), "database": "mongogw"}).start()
    assert_stored(broker, database)
    assert_secret(broker)


def trouble(broker):
    """The log lines that say that MongoDB doesn't accept documents."""
    return [line for line in broker.log.splitlines() if "doesn't accept documents" in line]


def test_a_wrong_password_costs_nothing_and_can_be_mended_while_it_runs(
    make_broker, make_scripted_server, tmp_path, password_file
):
    wrong = "Wr0ng-and-S3cret"
    server = make_scripted_server(user="mongogw", password_file=password_file)
    database = server.database(f"mongogw:{ESCAPED_PASSWORD}@")
    given_file = tmp_path / "given"
    given_file.write_text(wrong)
    broker = make_broker(user_options(server, database, given_file, "admin")).start()
    count = 20
    with Client(broker) as device:
        for number in range(count):
            device.publish("device/a", reading("a", number))
    eventually(lambda: trouble(broker), 60)
    stays(lambda: len(trouble(broker)) == 1, 2)
    (line,) = trouble(broker)
    assert "Failed authentication" not in broker.log, "the driver's line, without advice"
    for word in ("mongo_user", "password", "mongo_auth_source"):
        assert word in line
    assert_secret(broker, wrong)
    assert database.devices.count_documents({}) == 0

    given_file.write_text(PASSWORD)
    eventually(lambda: database.devices.count_documents({}) == count, 60)
    values = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert values == list(range(count))
    eventually(lambda: "accepts documents again" in broker.log)
    assert_secret(broker, wrong)
    assert_secret(broker)


def test_a_user_without_the_right_is_told_of_and_keeps_its_messages(
    make_broker, make_scripted_server, password_file
):
    server = make_scripted_server(user="mongogw", password_file=password_file,
                                  auth_db="mongogw", role="readWrite@other")
    database = server.database(f"mongogw:{ESCAPED_PASSWORD}@", "?authSource=mongogw")
    options = user_options(server, database, password_file, "mongogw")
    broker = make_broker({**options, "shutdown_drain_ms": 0}).start()
    publish(broker, "device/a", reading())
    eventually(lambda: trouble(broker), 60)
    assert "readWrite" in trouble(broker)[0]
    broker.stop()
    assert logged_balances(broker)[-1]["pending"] == 1


def test_a_dead_host_before_the_living_one_does_no_harm(make_broker, make_scripted_server):
    server = make_scripted_server(replica_set="rs0")
    database = server.database(parameters="?replicaSet=rs0")
    uri = f"mongodb://{HOST}:{free_port()},{server.address}/?replicaSet=rs0"
    broker = make_broker({**database.options, "mongo_uri": uri}).start()
    assert_stored(broker, database)


def test_hosts_may_come_as_the_old_gateway_took_them(make_broker, make_scripted_server):
    server = make_scripted_server()
    database = server.database()
    broker = make_broker({**database.options, "mongo_uri": server.address}).start()
    assert_stored(broker, database)


def test_a_replica_set_of_another_name_is_not_written_to(make_broker, make_scripted_server):
    server = make_scripted_server(replica_set="rs1")
    database = server.database()
    uri = f"mongodb://{server.address}/?replicaSet=rs0&serverSelectionTimeoutMS=1000"
    broker = make_broker({**database.options, "mongo_uri": uri, "shutdown_drain_ms": 0}).start()
    publish(broker, "device/a", reading())
    eventually(lambda: trouble(broker), 60)
    broker.stop()
    assert logged_balances(broker)[-1]["pending"] == 1
    assert database.devices.count_documents({}) == 0


def test_majority_and_journaled_is_what_it_asks_for(make_broker, make_scripted_server):
    server = make_scripted_server()
    database = server.database()
    broker = make_broker(database.options).start()
    assert_stored(broker, database)
    with pymongo.MongoClient(database.uri) as client:
        concern = client.admin.command("scriptedStats")["lastWriteConcern"]
    assert (concern["w"], concern["j"]) == ("majority", True)


def tls_server(make_scripted_server, authority):
    """A server that accepts only TLS, and only clients with a certificate from this authority."""
    server = make_scripted_server(tls_certificate_key_file=authority.issue_server(),
                                  tls_ca_file=authority.ca_file)
    files = {"tlsCAFile": authority.ca_file, "tlsCertificateKeyFile": authority.issue_client()}
    parameters = "&".join(f"{name}={path}" for name, path in files.items())
    return server, server.database(parameters=f"?tls=true&{parameters}")


def test_tls_by_the_options(make_broker, make_scripted_server, authority):
    server, database = tls_server(make_scripted_server, authority)
    options = {"mongo_uri": f"mongodb://{server.address}/", "database": database.name,
               "mongo_tls_ca_file": authority.ca_file,
               "mongo_tls_certificate_key_file": authority.folder / "client.pem"}
    assert_stored(make_broker(options).start(), database)


def test_tls_by_the_uri(make_broker, make_scripted_server, authority):
    _, database = tls_server(make_scripted_server, authority)
    assert_stored(make_broker(database.options).start(), database)


def test_tls_with_a_password(make_broker, make_scripted_server, authority, password_file):
    server = make_scripted_server(tls_certificate_key_file=authority.issue_server(),
                                  user="mongogw", password_file=password_file)
    database = server.database(f"mongogw:{ESCAPED_PASSWORD}@",
                               f"?tls=true&tlsCAFile={authority.ca_file}")
    options = user_options(server, database, password_file, "admin")
    broker = make_broker({**options, "mongo_tls_ca_file": authority.ca_file}).start()
    assert_stored(broker, database)
    assert_secret(broker)


@pytest.mark.parametrize("lacking", ["the right authority", "a certificate", "tls"])
def test_without_trust_on_both_sides_nothing_is_sent(
    make_broker, make_scripted_server, authority, tmp_path, lacking
):
    server, database = tls_server(make_scripted_server, authority)
    options = {"mongo_uri": f"mongodb://{server.address}/?serverSelectionTimeoutMS=1000",
               "database": database.name, "shutdown_drain_ms": 0,
               "mongo_tls_ca_file": authority.ca_file,
               "mongo_tls_certificate_key_file": authority.folder / "client.pem"}
    if lacking == "the right authority":
        options["mongo_tls_ca_file"] = Authority(tmp_path / "other").ca_file
    if lacking != "the right authority":
        del options["mongo_tls_certificate_key_file"]
    if lacking == "tls":
        del options["mongo_tls_ca_file"]
    broker = make_broker(options).start()
    publish(broker, "device/a", reading())
    eventually(lambda: trouble(broker), 60)
    broker.stop()
    assert logged_balances(broker)[-1]["pending"] == 1
    assert database.devices.count_documents({}) == 0
