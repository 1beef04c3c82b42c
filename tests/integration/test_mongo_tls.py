# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""MongoDB over TLS that wants a client's certificate: what is said, kept and stored once where the
two don't trust each other. test_credentials.py has the ways to give the files."""

import subprocess

import pytest
from support import mongo_store
from support.certificates import Authority
from support.mqtt import Client, reading
from support.waiting import eventually, stays

KEY_PASSWORD = "key-s3cret"
COUNT = 10


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.issue_server()
    authority.issue_client()
    return authority


@pytest.fixture
def server(make_scripted_server, authority, tmp_path):
    """Its certificate is the file server.pem, which a test may replace: mend() reads it again."""
    certificate = tmp_path / "server.pem"
    certificate.write_bytes((authority.folder / "server.pem").read_bytes())
    server = make_scripted_server(tls_certificate_key_file=certificate, tls_ca_file=authority.ca_file)
    server.certificate = certificate
    return server


def restart_with(server, certificate):
    server.stop()
    server.certificate.write_bytes(certificate.read_bytes())
    server.start()


def open_database(server, authority):
    parameters = f"?tls=true&tlsCAFile={authority.ca_file}" \
                 f"&tlsCertificateKeyFile={authority.folder / 'client.pem'}"
    return server.database(parameters=parameters)


def options_of(server, database, authority, **more):
    return {"mongo_uri": f"mongodb://{server.address}/?serverSelectionTimeoutMS=1000",
            "database": database.name, "mongo_tls_ca_file": authority.ca_file,
            "mongo_tls_certificate_key_file": authority.folder / "client.pem",
            "retry_min_ms": 50, "retry_max_ms": 500, **more}


def send(broker):
    with Client(broker) as device:
        for number in range(COUNT):
            device.publish("device/a", reading("a", number))


def trouble(broker):
    return [line for line in broker.log.splitlines() if "doesn't take documents" in line]


def assert_each_stored_once(broker, database):
    eventually(lambda: database.devices.count_documents({}) == COUNT, 60)
    values = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert values == list(range(COUNT))
    eventually(lambda: "takes documents again" in broker.log)


@pytest.mark.parametrize("wrong", ["authority", "name", "date"])
def test_a_server_that_is_not_trusted_gets_nothing_until_it_is(
    make_broker, server, authority, tmp_path, wrong
):
    if wrong == "authority":
        bad = Authority(tmp_path / "other").issue_server()
    elif wrong == "name":
        bad = authority.issue("elsewhere", "subjectAltName=DNS:elsewhere.example")
    else:
        bad = authority.issue("expired", "subjectAltName=IP:127.0.0.1", days=-1)
    restart_with(server, bad)
    database = open_database(server, authority)
    broker = make_broker(options_of(server, database, authority)).start()
    send(broker)
    eventually(lambda: trouble(broker), 60)
    stays(lambda: len(trouble(broker)) == 1, 2)
    assert "TLS handshake failed: certificate verify failed" in trouble(broker)[0]
    restart_with(server, authority.folder / "server.pem")
    assert_each_stored_once(broker, database)


@pytest.mark.parametrize("shown", ["nothing", "another authority's"])
def test_a_server_that_wants_another_certificate_gets_all_once_it_is_there(
    make_broker, server, authority, tmp_path, shown
):
    database = open_database(server, authority)
    given = None
    if shown == "another authority's":
        given = Authority(tmp_path / "other").issue_client()
    options = options_of(server, database, authority, shutdown_drain_ms=0,
                         mongo_tls_certificate_key_file=given)
    broker = make_broker(options).start()
    send(broker)
    eventually(lambda: trouble(broker), 60)
    stays(lambda: len(trouble(broker)) == 1, 2)
    broker.stop()
    assert database.devices.count_documents({}) == 0
    broker.options["mongo_tls_certificate_key_file"] = authority.folder / "client.pem"
    broker.start()
    eventually(lambda: database.devices.count_documents({}) == COUNT, 60)


def locked(pem, path):
    """The same certificate, its key under a password."""
    key = subprocess.run(["openssl", "pkey", "-in", pem, "-aes256", "-passout",
                          f"pass:{KEY_PASSWORD}"], check=True, capture_output=True, text=True).stdout
    certificate = subprocess.run(["openssl", "x509", "-in", pem], check=True, capture_output=True,
                                 text=True).stdout
    path.write_text(certificate + key)
    path.chmod(0o600)
    return path


def test_a_keys_password_is_used_and_not_shown(make_broker, server, authority, tmp_path):
    database = open_database(server, authority)
    options = options_of(server, database, authority, mongo_tls_certificate_key_file=locked(
        authority.folder / "client.pem", tmp_path / "locked.pem"))
    given = tmp_path / "uri"
    del options["mongo_uri"]
    given.write_text(f"mongodb://{server.address}/?tls=true"
                     f"&tlsCertificateKeyFilePassword={KEY_PASSWORD}")
    given.chmod(0o600)
    broker = make_broker({**options, "mongo_uri_file": given}).start()
    send(broker)
    eventually(lambda: database.devices.count_documents({}) == COUNT, 60)
    assert KEY_PASSWORD not in broker.log


def test_mongo_store_reads_over_tls(make_broker, server, authority, tmp_path):
    database = open_database(server, authority)
    broker = make_broker(options_of(server, database, authority)).start()
    send(broker)
    eventually(lambda: database.devices.count_documents({}) == COUNT, 60)
    flags = ["--mongo-uri", f"mongodb://{server.address}/?serverSelectionTimeoutMS=1000",
             "--database", database.name]
    trusting = [*flags, "--mongo-tls-ca-file", authority.ca_file]
    named = ["--mongo-tls-certificate-key-file", authority.folder / "client.pem"]
    assert mongo_store.succeed("count", *trusting, *named).split()[0] == str(COUNT)
    other = Authority(tmp_path / "other")
    for refused in (trusting, [*flags, "--mongo-tls-ca-file", other.ca_file, *named], flags):
        done = mongo_store.run("count", *refused)
        assert done.returncode != 0 and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
