# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker refuses to start with a wrong option, and logs one line. Valid values come from the
file or the environment."""

import os
import re
import stat

import pytest

from support import build_tree
from support.certificates import Authority
from support.mqtt import publish, read_balance, reading
from support.port import HOST
from support.waiting import eventually

SAMPLE = build_tree.SOURCE / "broker-config/mosquitto.conf"
REFUSAL = "mongo_store: not started: "

# At least one case for each option: (value, what the line says is accepted). The value of an option
# that may contain a password is not shown.
NAMES = "1 to 63 bytes without / \\ . \" $ * < > : | ? or a space"
WRONG = {
    "topics": [
        ("device/#/x", "1 to 64 MQTT topic filters, separated by spaces"),
        ("device/a+", "1 to 64 MQTT topic filters"),
        ("$SYS/#", "none under $SYS, $CONTROL or $share"),
        ("t/" * 600, "each up to 1024 bytes"),
        ("a " * 65, "1 to 64 MQTT topic filters"),
    ],
    "payload_max_bytes": [
        ("1023", "a size from 1KiB to 2MiB"),
        ("3MiB", "a size from 1KiB to 2MiB"),
        ("1MB", "with the suffix KiB, MiB, GiB or TiB"),
        ("99999999999999999999", "a size from 1KiB to 2MiB"),
    ],
    "mongo_uri": [
        ("http://h", "mongodb:// or mongodb+srv://, or a list of hosts"),
        ("mongodb://h:99999", "mongodb://[USER:PASSWORD@]HOST[:PORT]"),
        ("mongodb://h/?nothing=1", "the options of MongoDB's connection string"),
    ],
    "mongo_uri_file": [("/nowhere/uri", "the path of a readable file that contains what mongo_uri")],
    "mongo_user": [("a\x01b", "up to 1024 bytes of printable UTF-8")],
    "mongo_password": [("a\x01b", "up to 1024 bytes of printable UTF-8")],
    "mongo_password_file": [
        ("/nowhere/password", "the path of a readable file that contains what mongo_password"),
        ("/nowhere/", "the path of a readable file"),
    ],
    "mongo_auth_source": [("a.b", NAMES)],
    "mongo_tls_ca_file": [
        ("/nowhere/ca.pem", "the path of a readable PEM file of certificates"),
        ("/etc/passwd", "the path of a readable PEM file of certificates"),
    ],
    "mongo_tls_certificate_key_file": [
        ("/nowhere/key.pem", "PEM file with a certificate and its private key"),
        ("/etc/passwd", "PEM file with a certificate and its private key"),
    ],
    "write_concern": [
        ("0", "majority, or a whole number from 1 to 50"),
        ("51", "majority, or a whole number from 1 to 50"),
        ("most", "majority, or a whole number from 1 to 50"),
    ],
    "database": [("a b", NAMES), ("x" * 64, NAMES)],
    "collection": [("a$b", "a collection name without $"), ("system.x", "does not begin with system.")],
    "dead_letter_collection": [("a$b", "a collection name without $")],
    "gateway_id": [("x" * 257, "1 to 256 bytes of printable UTF-8")],
    "device_uid": [("topic", "payload or match")],
    "number_type": [("int", "auto or double")],
    "device_uid_level": [("0", "a whole number from 1 to 32"), ("33", "a whole number from 1 to 32")],
    "lenient": [("yes", "off or on")],
    "metadata": [("yes", "off or on")],
    "clock": [("monotonic", "system or steady")],
    "retained": [("skip", "store or skip_bridged")],
    "message_id": [
        ("seq", "off, payload:NAME (a field of the payload, not uuid or value) or property:NAME"),
        ("payload:", "the name 1 to 256 bytes"),
        ("payload:uuid", "a field of the payload, not uuid or value"),
        ("property:" + "n" * 257, "the name 1 to 256 bytes"),
    ],
    "batch_max_documents": [
        ("0", "a whole number from 1 to 10000 documents"),
        ("10001", "a whole number from 1 to 10000 documents"),
        ("-1", "a whole number from 1 to 10000 documents"),
        ("1.5", "a whole number from 1 to 10000 documents"),
        ("0x10", "a whole number from 1 to 10000 documents"),
    ],
    "batch_max_bytes": [("63KiB", "a size from 64KiB to 32MiB"), ("33MiB", "to 32MiB")],
    "batch_linger_ms": [("10001", "a whole number from 0 to 10000 milliseconds")],
    "delivery_threads": [("0", "a whole number from 1 to 16"), ("17", "from 1 to 16")],
    "retry_min_ms": [("9", "a whole number from 10 to 60000 milliseconds"), ("60001", "from 10")],
    "retry_max_ms": [("9", "from 10 to 600000 milliseconds"), ("600001", "from 10 to 600000")],
    "shutdown_drain_ms": [("600001", "a whole number from 0 to 600000"), ("5s", "from 0 to")],
    "journal_dir": [("journal", "an absolute path")],
    "journal_sync": [
        ("never", "always, or an interval from 10ms to 60s"),
        ("9ms", "always, or an interval from 10ms to 60s"),
        ("61s", "always, or an interval from 10ms to 60s"),
        ("100", "with the unit ms or s"),
    ],
    "journal_max_bytes": [("15MiB", "a size from 16MiB to 1TiB"), ("2TiB", "to 1TiB")],
}
SECRET = ["mongo_uri", "mongo_password"]
SHOWN_BYTES = 64  # no more of a longer value need be shown
CASES = [(key, *case) for key, cases in WRONG.items() for case in cases]

# Each value is valid by itself, but not together with the others.
DISAGREEING = [
    ({"retry_min_ms": 2000, "retry_max_ms": 1000}, "retry_min_ms or more"),
    ({"payload_max_bytes": "2MiB", "batch_max_bytes": "1MiB"}, "payload_max_bytes or more"),
    ({"collection": "a", "dead_letter_collection": "a"}, "two different collections"),
    ({"database": "d" * 63, "collection": "c" * 200}, "at most 254 bytes together"),
    ({"mongo_uri": "mongodb://a:p@h", "mongo_user": "b"}, "one of them, or both the same"),
    ({"mongo_password": "a", "mongo_password_file": "/nowhere"}, "one of them"),
    ({"mongo_uri": "mongodb://h", "mongo_uri_file": "/nowhere"}, "one of them"),
]


def keys_of_the_sample():
    """All options, because the sample is generated from the plugin's option table."""
    return re.findall(r"^#plugin_opt_(\w+) ", SAMPLE.read_text(), re.MULTILINE)


def refusal_of(broker):
    """Checks that the refusal is a single line and left no files. Returns the line."""
    log = broker.refused_start()
    lines = [line for line in log.splitlines() if "mongo_store:" in line]
    assert len(lines) == 1, log
    assert REFUSAL in lines[0]
    assert not broker.journal_dir.exists()
    return lines[0].split(REFUSAL)[1]


def shown(key, value):
    if key in SECRET:
        return "(value not shown)"
    return '"' + value[:SHOWN_BYTES].replace("\x01", "\\x01")


def test_each_option_is_given_wrongly_by_these_tests():
    assert sorted(WRONG) == sorted(keys_of_the_sample())


def case_id(value):
    return value[:20].replace("\x01", "^A") if isinstance(value, str) else None


@pytest.mark.parametrize("key, value, accepted", CASES, ids=case_id)
def test_a_wrong_value_refuses_the_start(make_broker, key, value, accepted):
    line = refusal_of(make_broker({key: value}))
    assert key in line
    if key not in SECRET:
        assert shown(key, value) in line
    assert "accepted: " in line and accepted in line.split("accepted: ")[1]


def right_value(key, folder):
    """The option's default, or a value that is accepted until the second one is read."""
    default = re.search(rf"^#plugin_opt_{key} (.*)$", SAMPLE.read_text(), re.MULTILINE)[1]
    if default != "...":
        return default
    if key.startswith("mongo_tls_"):
        return str(Authority(folder).issue_client())
    return str(SAMPLE) if key.endswith("_file") else "x"


@pytest.mark.parametrize("key", [key for key in WRONG if key != "journal_dir"])
def test_an_option_given_twice_refuses_the_start(make_broker, tmp_path, key):
    right = right_value(key, tmp_path / "certificates")
    line = refusal_of(make_broker({key: [right, right]}))
    assert line.startswith(f"plugin_opt_{key} ")
    assert shown(key, right) in line
    assert "is given twice; accepted: " in line


def test_a_journal_dir_given_twice_refuses_the_start(make_broker, tmp_path):
    folder = str(tmp_path / "broker_0" / "journal")
    line = refusal_of(make_broker({"journal_dir": [folder, folder]}))
    assert folder[:SHOWN_BYTES] in line
    assert "is given twice; accepted: an absolute path" in line


def test_a_journal_dir_that_is_no_folder_refuses_the_start(make_broker):
    line = refusal_of(make_broker({"journal_dir": "/etc/passwd"}))
    assert line.startswith("journal_dir: can't create folder /etc/passwd")
    assert "; accepted: a folder on a local disk that the broker's user may write to" in line


@pytest.mark.smoke
@pytest.mark.parametrize("options, accepted", DISAGREEING, ids=lambda case: " ".join(case))
def test_options_that_disagree_refuse_the_start(make_broker, options, accepted):
    line = refusal_of(make_broker(options))
    assert all(key in line for key in options)
    assert accepted in line.split("accepted: ")[1]


@pytest.mark.parametrize(
    "key, answer",
    [
        ("topic", "did you mean plugin_opt_topics?"),
        ("mongo_pasword", "did you mean plugin_opt_mongo_password?"),
        ("MONGO_URI", "did you mean plugin_opt_mongo_uri?"),
        ("frobnicate", "accepted: topics, retained, payload_max_bytes, mongo_uri,"),
        ("routes_file", "accepted: topics, "),
        ("status_listen", "accepted: topics, "),
    ],
)
def test_an_unknown_option_refuses_the_start(make_broker, key, answer):
    line = refusal_of(make_broker({key: "MARK"}))
    assert line.startswith(f"plugin_opt_{key} is not an option of this version; {answer}")
    assert "MARK" not in line  # it may be a password's misspelt name


@pytest.mark.parametrize(
    "key, value",
    [("delivery_threads", "17"), ("journal_sync", ""), ("mongo_password", "MA\nRK")],
)
def test_a_wrong_environment_variable_refuses_the_start(make_broker, key, value):
    name = f"MONGO_STORE_{key.upper()}"
    line = refusal_of(make_broker({}, environment={name: value}))
    assert f"environment variable {name} " in line
    assert "accepted: " in line
    assert key != "mongo_password" or ("MA" not in line and "RK" not in line)


@pytest.mark.light
def test_the_environment_wins_over_the_file(make_broker, database):
    options = {**database.options, "collection": "of_the_file", "gateway_id": "of the file"}
    environment = {
        "MONGO_STORE_COLLECTION": "of_the_environment",
        "MONGO_STORE_GATEWAY_ID": "of the environment",
        "MESOS_TASK_ID": "of the orchestrator",
    }
    broker = make_broker(options, environment=environment).start()
    publish(broker, "device/d", reading())
    document = eventually(database.collection("of_the_environment").find_one)
    assert document["gatewayID"] == "of the environment"
    assert database.collection("of_the_file").count_documents({}) == 0


@pytest.mark.light
def test_an_unknown_environment_variable_is_warned_of_and_no_more(make_broker, database):
    environment = {"MONGO_STORE_PORT_8080_TCP": "MARK", "MONGO_STORE_COLECTION": "MARK"}
    broker = make_broker(database.options, environment=environment).start()
    ignored = "is not an option of this version and is ignored"
    assert f"environment variable MONGO_STORE_PORT_8080_TCP {ignored}" in broker.log
    assert f"environment variable MONGO_STORE_COLECTION {ignored}; did you mean" in broker.log
    assert "MARK" not in broker.log
    publish(broker, "device/d", reading())
    eventually(database.devices.find_one)


@pytest.mark.smoke
@pytest.mark.light
def test_the_journal_is_for_its_user_only(make_broker, database):
    before = os.umask(0)
    try:
        broker = make_broker(database.options).start()
        publish(broker, "device/d", reading())
        eventually(database.devices.find_one)
    finally:
        os.umask(before)
    paths = [broker.journal_dir, *broker.journal_dir.rglob("*")]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert len(modes) >= 5, modes  # two folders, the lock, the checkpoint, segments
    for path in paths:
        assert modes[path.name] == (0o700 if path.is_dir() else 0o600), path


def sample_text(port):
    """The sample with the plugin's path and the port edited."""
    text = SAMPLE.read_text()
    for old, new in {
        "\nlistener 1883 127.0.0.1\n": f"\nlistener {port} {HOST}\n",
        "\nplugin mosquitto_mongo_store.so\n": f"\nplugin {build_tree.PLUGIN}\n",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text + ("user root\n" if os.geteuid() == 0 else "")


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("are_lines_uncommented", [False, True], ids=["as_it_is", "all_lines"])
def test_the_sample_configuration_works(make_broker, database, tmp_path, are_lines_uncommented):
    environment = {
        "MONGO_STORE_JOURNAL_DIR": str(tmp_path / "journal"),
        "MONGO_STORE_MONGO_URI": database.uri,
        "MONGO_STORE_DATABASE": database.name,
    }
    broker = make_broker(environment=environment)
    text = sample_text(broker.port)
    if are_lines_uncommented:
        text, count = re.subn(r"^#(plugin_opt_\w+ (?!\.\.\.$))", r"\1", text, flags=re.MULTILINE)
        assert count > 15
    broker.config_text = lambda: text
    broker.start()
    publish(broker, "device/d", reading())
    document = eventually(database.devices.find_one)
    assert list(document) == ["_id", "date", "deviceUID", "value", "gatewayID"]
    assert read_balance(broker)["journal"] == str(tmp_path / "journal" / "0001")
