# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Temporary TLS faults between the plugin and MongoDB: what is logged, and that nothing is lost."""

import shutil
import subprocess

import pytest
from support import mongo_store
from support.balance import logged_balances
from support.certificates import Authority
from support.mqtt import Client, reading
from support.port import HOST
from support.scripted_server import ScriptedServer
from support.waiting import eventually, stays

pytestmark = pytest.mark.light

COUNT = 20
KEY_PASSWORD = "key-s3cret"
QUICK = {"retry_min_ms": 50, "retry_max_ms": 500, "shutdown_drain_ms": 0}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def mongo(tmp_path, authority):
    """Requires a certificate from the authority. Its own is the file "server.pem" in the folder."""
    folder = tmp_path / "mongo"
    folder.mkdir()
    shutil.copy(authority.issue_server(), folder / "server.pem")
    server = ScriptedServer(folder, tls_certificate_key_file=folder / "server.pem",
                            tls_ca_file=authority.ca_file)
    yield server.start()
    server.stop()


@pytest.fixture
def database(mongo, authority):
    files = f"tlsCAFile={authority.ca_file}&tlsCertificateKeyFile={authority.issue_client()}"
    database = mongo.database(parameters=f"?tls=true&{files}")
    yield database
    database.close()


@pytest.fixture
def options(mongo, database, authority):
    """Options that work."""
    uri = f"mongodb://{mongo.address}/?serverSelectionTimeoutMS=1000"
    return {"mongo_uri": uri, "database": database.name, **QUICK,
            "mongo_tls_ca_file": authority.ca_file,
            "mongo_tls_certificate_key_file": authority.folder / "client.pem"}


def publish_all(broker):
    with Client(broker) as device:
        for number in range(COUNT):
            device.publish("device/a", reading("a", number))


def trouble(broker):
    return [line for line in broker.log.splitlines() if "doesn't accept documents" in line]


def await_one_line(broker, said):
    """Waits for the line, and checks that it is logged once, however many tries there are."""
    eventually(lambda: trouble(broker), 60)
    stays(lambda: len(trouble(broker)) == 1, 2)
    (line,) = trouble(broker)
    assert said in line


def assert_stored_once_each(broker, database):
    eventually(lambda: database.devices.count_documents({}) >= COUNT, 60)
    values = [document["value"] for document in database.devices.find().sort("_id", 1)]
    assert values == list(range(COUNT))
    assert database.dead_letters.count_documents({}) == 0


def restart_with(broker, options):
    """Restarts the broker on the same journal with other options."""
    broker.stop()
    assert logged_balances(broker)[-1]["pending"] == COUNT
    broker.options = options
    broker.start()


def test_both_show_a_certificate_and_it_is_stored(make_broker, options, database):
    broker = make_broker(options).start()
    publish_all(broker)
    assert_stored_once_each(broker, database)
    assert trouble(broker) == []


@pytest.mark.parametrize("wrong, said", [
    ("another authority", "check mongo_tls_ca_file"),
    ("no certificate", "mongo_tls_certificate_key_file"),
    ("another authority's certificate", "mongo_tls_certificate_key_file"),
    ("no tls", "mongo_tls_ca_file"),
])  # fmt: skip
def test_wrong_options_keep_all_until_they_are_mended(
    make_broker, options, database, tmp_path, wrong, said
):
    other = Authority(tmp_path / "other")
    given = dict(options)
    if wrong == "another authority":
        given["mongo_tls_ca_file"] = other.ca_file
    elif wrong == "another authority's certificate":
        given["mongo_tls_certificate_key_file"] = other.issue_client()
    else:
        del given["mongo_tls_certificate_key_file"]
    if wrong == "no tls":
        del given["mongo_tls_ca_file"]
    broker = make_broker(given).start()
    publish_all(broker)
    await_one_line(broker, said)
    assert database.devices.count_documents({}) == 0
    restart_with(broker, options)
    assert_stored_once_each(broker, database)


@pytest.mark.parametrize("wrong, said", [
    ("expired", "check the server's certificate, and this machine's clock"),
    ("of another host", "the server's certificate is for another host"),
    ("of another authority", "check mongo_tls_ca_file, and the server's certificate"),
])  # fmt: skip
def test_a_server_with_a_wrong_certificate_gets_nothing_until_it_is_mended(
    make_broker, options, mongo, database, authority, tmp_path, wrong, said
):
    certificate = mongo.child.log_path.with_name("server.pem")
    good = certificate.read_bytes()
    if wrong == "expired":
        bad = authority.issue("expired", f"subjectAltName=IP:{HOST}", days=-1)
    elif wrong == "of another host":
        bad = authority.issue("elsewhere", "subjectAltName=DNS:mongodb.example")
    else:
        bad = Authority(tmp_path / "other").issue_server()
    mongo.stop()
    shutil.copy(bad, certificate)
    mongo.start()
    broker = make_broker(options).start()
    publish_all(broker)
    await_one_line(broker, said)
    mongo.stop()
    certificate.write_bytes(good)
    mongo.start()
    assert_stored_once_each(broker, database)
    eventually(lambda: "accepts documents again" in broker.log)


def locked(pem, path):
    """The same certificate, with its key encrypted."""
    key = ["openssl", "pkey", "-in", pem, "-aes256", "-passout", f"pass:{KEY_PASSWORD}"]
    parts = [subprocess.run(command, check=True, capture_output=True, text=True).stdout
             for command in (["openssl", "x509", "-in", pem], key)]
    path.write_text("".join(parts))
    path.chmod(0o600)
    return path


def test_a_keys_password_is_used_and_not_shown(make_broker, options, mongo, database, tmp_path):
    uri = tmp_path / "uri"
    uri.write_text(f"mongodb://{mongo.address}/?tlsCertificateKeyFilePassword={KEY_PASSWORD}")
    uri.chmod(0o600)
    del options["mongo_uri"]
    key_file = locked(options["mongo_tls_certificate_key_file"], tmp_path / "locked.pem")
    given = {**options, "mongo_uri_file": uri, "mongo_tls_certificate_key_file": key_file}
    broker = make_broker(given).start()
    publish_all(broker)
    assert_stored_once_each(broker, database)
    assert KEY_PASSWORD not in broker.log


def test_mongo_store_reads_over_tls(make_broker, options, database, tmp_path):
    broker = make_broker(options).start()
    publish_all(broker)
    assert_stored_once_each(broker, database)
    place = ["--mongo-uri", options["mongo_uri"], "--database", database.name]
    trust = ["--mongo-tls-ca-file", options["mongo_tls_ca_file"]]
    identity = ["--mongo-tls-certificate-key-file", options["mongo_tls_certificate_key_file"]]
    assert mongo_store.succeed("count", *place, *trust, *identity).split()[0] == str(COUNT)
    other = ["--mongo-tls-ca-file", Authority(tmp_path / "other").ca_file]
    for flags in (trust, [*other, *identity], []):
        done = mongo_store.run("count", *place, *flags)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
