# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A password is never visible, however it is given, and whether it is right, wrong or malformed."""

import pathlib
from urllib.parse import quote

import pytest

from support.mqtt import BALANCE_TOPIC, Client, publish, reading
from support.waiting import eventually

RIGHT = "R1ght/s3cret word@:%"
WRONG = "Wr0ng/s3cret word@:%"
AUTHENTICATION_FAILED = "MongoDB doesn't accept documents"


def as_option(password, folder):
    return {"mongo_user": "mongogw", "mongo_password": password}, {}


def secret_file(path, content):
    path.write_text(content + "\n")
    path.chmod(0o600)
    return path


def as_file(password, folder):
    path = secret_file(folder / "given_password", password)
    return {"mongo_user": "mongogw", "mongo_password_file": path}, {}


def as_environment(password, folder):
    return {"mongo_user": "mongogw"}, {"MONGO_STORE_MONGO_PASSWORD": password}


def with_credentials(uri, password):
    return uri.replace("mongodb://", f"mongodb://mongogw:{quote(password, safe='')}@")


def as_uri(password, folder):
    return {"mongo_uri": lambda uri: with_credentials(uri, password)}, {}


def as_uri_file(password, folder):
    def write(uri):
        return secret_file(folder / "given_uri", with_credentials(uri, password))

    return {"mongo_uri": None, "mongo_uri_file": write}, {}


def forms(password):
    """The forms of a password that must not be visible: whole, escaped for a URI, and its secret
    part."""
    return [password, quote(password, safe=""), "s3cret"]


def assert_unseen(broker, password, status=""):
    """Checks that it is in no output, nor in the process list, the status or the journal."""
    places = {"log": broker.log, "status": status}
    if broker.child.is_running():
        process = pathlib.Path(f"/proc/{broker.child.pid}")
        places["process list"] = (process / "cmdline").read_bytes().decode()
    for file in broker.journal_dir.rglob("*"):
        if file.is_file():
            places[file.name] = file.read_bytes().decode(errors="replace")
    for place, content in places.items():
        for form in forms(password):
            assert form not in content, place


def status_of(broker):
    with Client(broker) as client:
        client.subscribe("$SYS/broker/plugin/#", 0)
        eventually(lambda: any(message.topic == BALANCE_TOPIC for message in client.messages))
        return "".join(f"{message.topic} {message.payload}" for message in client.messages)


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("password", [RIGHT, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("given", [as_option, as_file, as_environment, as_uri, as_uri_file])
def test_a_password_shows_nowhere(make_broker, make_scripted_server, tmp_path, given, password):
    password_file = secret_file(tmp_path / "password", RIGHT)
    server = make_scripted_server(user="mongogw", password_file=password_file, auth_db="mongogw")
    database = server.database(f"mongogw:{quote(RIGHT, safe='')}@", "?authSource=mongogw")
    database.name = "mongogw"
    uri = f"mongodb://{server.address}/?authSource=mongogw"
    options, environment = given(password, tmp_path)
    options = {key: value(uri) if callable(value) else value for key, value in options.items()}
    options = {"mongo_uri": uri, "database": "mongogw", "shutdown_drain_ms": 0, **options}
    broker = make_broker(options, environment=environment).start()
    publish(broker, "device/d", reading())
    if password == RIGHT:
        eventually(database.devices.find_one, 60)
    else:
        eventually(lambda: AUTHENTICATION_FAILED in broker.log, 60)
    assert_unseen(broker, password, status_of(broker))
    broker.stop()
    assert_unseen(broker, password)
    database.close()


# The driver's own messages quote several of these.
MALFORMED = [
    "mongodb://mongogw:{}@a@host/",
    "mongodb://mongogw:{}%zz@host/",
    "mongodb://mongogw:{}@",
    "mongodb://mongogw:{}@host:99999/",
    "mongodb://mongogw:{}/@host/",
    "mongodb://mongogw:{}@host/?authSource",
    "mongodb://mongogw:{}",
    "mongodb://mongogw:{}:x@host/",
    "mongodb://host/?{}",
    "mongodb://mongogw:{}@host/?connectTimeoutMS=abc",
    "mongodb://mongogw:{}@host/?readPreference=nearby",
    "mongodb://mongogw:{}@host/?compressors=lz4",
    "mongodb://host/?tlsCertificateKeyFilePassword={}&tls=perhaps",
    "mongodb://host/?nothing={}",
    "mongodb://{}=1@host/?{}=1",
    "http://mongogw:{}@host/",
    "mongogw:{}@ host",
]


@pytest.mark.parametrize("where", ["option", "file", "environment"])
@pytest.mark.parametrize("uri", MALFORMED)
def test_a_malformed_uri_shows_no_part_of_itself(make_broker, tmp_path, uri, where):
    uri = uri.replace("{}", "s3cret")
    options, environment = {"mongo_uri": uri}, {}
    if where == "file":
        options = {"mongo_uri_file": secret_file(tmp_path / "uri", uri)}
    if where == "environment":
        options, environment = {}, {"MONGO_STORE_MONGO_URI": uri}
    broker = make_broker(options, environment=environment)
    log = broker.refused_start()
    assert log.count("mongo_store:") == 1
    assert "mongo_uri" in log.lower() and "accepted: " in log
    assert_unseen(broker, "s3cret")


# Each with another fault that refuses the start, after the password was read.
@pytest.mark.parametrize("given", [as_option, as_file, as_environment, as_uri, as_uri_file])
def test_a_password_shows_in_no_refusal(make_broker, tmp_path, given):
    uri = "mongodb://127.0.0.1:1/?authSource=mongogw"
    options, environment = given(RIGHT, tmp_path)
    options = {key: value(uri) if callable(value) else value for key, value in options.items()}
    broker = make_broker(
        {"mongo_uri": uri, **options, "mongo_auth_source": "another"}, environment=environment
    )
    log = broker.refused_start()
    assert "mongo_store: not started: mongo_auth_source" in log
    assert_unseen(broker, RIGHT)


@pytest.mark.parametrize(
    "options",
    [
        {"mongo_password": ["s3cret", "s3cret"]},
        {"mongo_password": "s3cret" + "x" * 1024},
        {"mongo_password": "s3cret\x01"},
        {"mongo_pasword": "s3cret"},
        {"mongo_password s3cret": "s3cret"},
        {"mongo_uri_file": "{file}", "mongo_password_file": "{file}"},
    ],
    ids=["twice", "too_long", "control_character", "misspelt", "key_with_blank", "two_lines"],
)
def test_a_wrongly_given_password_shows_in_no_refusal(make_broker, tmp_path, options):
    two_lines = secret_file(tmp_path / "two_lines", "s3cret\ns3cret")
    options = {key: two_lines if value == "{file}" else value for key, value in options.items()}
    broker = make_broker(options)
    broker.refused_start()
    assert_unseen(broker, "s3cret")
