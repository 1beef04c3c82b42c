# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""mongo-store journal: what a journal holds, looked at beside a broker and after it."""

import base64
import json
import re
import signal
import socket
import subprocess

import pytest

from support import build_tree
from support.mongo_store import run, succeed
from support.mqtt import Client, reading
from support.port import HOST, free_port
from support.waiting import eventually

USAGE = 64
IN_ORDER = "not in use; the broker stopped cleanly"


def dumped(directory, *flags):
    return [json.loads(line) for line in succeed("journal", "dump", directory, *flags).splitlines()]


def inspected(directory):
    """The first journal's values by name."""
    lines = succeed("journal", "inspect", directory).splitlines()
    return dict(re.match(r"  (\S+(?: \S+)*)\s\s+(.*)", line).groups() for line in lines[1:])


def away(database):
    """The plugin's options that lead to no server, but to the same database."""
    uri = f"mongodb://{HOST}:{free_port()}/"
    return {**database.options, "mongo_uri": uri, "shutdown_drain_ms": 0}


def publish_values(broker, values):
    with Client(broker, client_id="sender") as client:
        for value in values:
            client.publish("device/d", reading("d", value))


@pytest.fixture
def killed(make_broker, database):
    """A broker that was killed with 50 readings pending; not running."""
    broker = make_broker(away(database) | {"gateway_id": "gone"}).start()
    publish_values(broker, range(50))
    broker.kill()
    return broker


def segment_of(broker):
    """The one that holds the records."""
    segments = (broker.journal_dir / "0001").glob("*.segment")
    return next(path for path in segments if b"device/d" in path.read_bytes())


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


def offset_of_value(path, value):
    """The position of the payload with that value."""
    return path.read_bytes().index(reading("d", value).encode())


def folder_content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.light
def test_what_a_killed_broker_left_is_shown_and_not_touched(killed):
    before = folder_content(killed.journal_dir)
    found = inspected(killed.journal_dir)
    assert found["pending"] == found["records"] == "50"
    assert found["sequence"] == "1 to 50"
    assert found["state"] == "in use by a broker, or the broker didn't stop cleanly"
    assert found["damaged"] == "0 records not yet counted, in 0 places"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["oldest"])
    assert found["oldest"] <= found["newest"]

    records = dumped(killed.journal_dir)
    assert [record["sequence"] for record in records] == list(range(1, 51))
    assert [json.loads(record["payload"])["value"] for record in records] == list(range(50))
    for record in records:
        assert record["journal"] == "0001" and record["isPending"] is True
        assert record["topic"] == "device/d" and record["clientID"] == "sender"
        assert record["username"] is None
        assert (record["qos"], record["retain"], record["route"]) == (1, False, 0)
    assert records[0]["date"] == found["oldest"] and records[-1]["date"] == found["newest"]

    verified = succeed("journal", "verify", killed.journal_dir)
    assert "50 records checked, 50 of them pending; damage in 0 places" in verified
    assert folder_content(killed.journal_dir) == before


@pytest.mark.light
def test_a_journal_that_a_broker_holds_is_looked_at_while_it_works(make_broker, database):
    broker = make_broker(away(database)).start()
    for round in range(1, 6):
        publish_values(broker, range(20))
        assert len(dumped(broker.journal_dir)) == 20 * round
        # A numbered journal is accepted, and so is the folder of all journals.
        assert inspected(broker.journal_dir / "0001")["pending"] == str(20 * round)
        succeed("journal", "verify", broker.journal_dir)
    broker.stop()
    assert inspected(broker.journal_dir)["state"] == IN_ORDER


@pytest.mark.light
def test_payloads_that_are_no_text_are_dumped_as_base64(make_broker, database):
    broker = make_broker(away(database)).start()
    payloads = [b"\xff\xfe", b"a\0b", "ü\x1b[1m".encode(), b""]
    with Client(broker, username="ann") as client:
        for payload in payloads:
            client.publish("device/d", payload, qos=2)
    broker.stop()
    records = dumped(broker.journal_dir)
    assert [base64.b64decode(record["payloadBase64"]) for record in records[:2]] == payloads[:2]
    assert [record["payload"].encode() for record in records[2:]] == payloads[2:]
    assert [record["payloadBytes"] for record in records] == [2, 3, 6, 0]
    assert {record["username"] for record in records} == {"ann"}
    assert "\x1b" not in succeed("journal", "dump", broker.journal_dir)


@pytest.mark.light
def test_settled_records_are_dumped_on_request_while_they_are_there(make_broker, database):
    broker = make_broker(database.options).start()
    publish_values(broker, range(10))
    broker.stop()  # delivered; the segment is removed
    assert dumped(broker.journal_dir, "--all") == []
    found = inspected(broker.journal_dir)
    assert found["settled"] == "10: stored 10, duplicates 0, dead_lettered 0, damaged 0"
    assert found["pending"] == "0" and "oldest" not in found


@pytest.mark.light
def test_a_damaged_record_is_named_and_the_others_are_shown(killed):
    segment = segment_of(killed)
    flipped = offset_of_value(segment, 20)
    flip(segment, flipped)
    verified = run("journal", "verify", killed.journal_dir)
    assert verified.returncode == 1
    (line, summary) = verified.stdout.splitlines()
    match = re.fullmatch(rf"{segment} at offset (\d+), (\d+) bytes: .*; 1 record lost", line)
    offset, count = map(int, match.groups())
    assert offset < flipped < offset + count
    assert "49 records checked" in summary
    dump = run("journal", "dump", killed.journal_dir)
    values = [json.loads(json.loads(one)["payload"])["value"] for one in dump.stdout.splitlines()]
    assert values == [value for value in range(50) if value != 20]
    assert f"at offset {offset}" in dump.stderr
    assert inspected(killed.journal_dir)["damaged"] == "1 records not yet counted, in 1 place"


@pytest.mark.light
@pytest.mark.parametrize("action", ["inspect", "verify", "dump"])
def test_a_folder_that_is_no_journal_is_one_line(tmp_path, action):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "a file").write_text("of somebody else")
    for directory in [foreign, tmp_path / "gone", foreign / "a file"]:
        done = run("journal", action, directory)
        assert done.returncode == 1
        assert done.stdout == "" and done.stderr.count("\n") == 1
        assert str(directory) in done.stderr
    assert [path.name for path in foreign.iterdir()] == ["a file"]


@pytest.mark.light
def test_a_segment_that_is_cut_short_is_named(killed):
    (killed.journal_dir / "0001" / "checkpoint").unlink()
    segment = segment_of(killed)
    segment.write_bytes(segment.read_bytes()[:5000])
    done = run("journal", "verify", killed.journal_dir)
    assert done.returncode == 1
    assert "at offset 5000: the file is cut short" in done.stdout


@pytest.mark.light
@pytest.mark.parametrize(
    "arguments", [["journal"], ["journal", "mend"], ["journal", "inspect"],
                  ["journal", "inspect", "a", "b"], ["journal", "verify", "a", "--all"]]
)
def test_what_is_wrong_on_the_command_line_is_one_line_and_status_64(arguments):
    done = run(*arguments)
    assert done.returncode == USAGE
    assert done.stdout == "" and done.stderr.count("\n") == 1


def deliver(broker_or_directory, database, *flags, environment=None):
    directory = getattr(broker_or_directory, "journal_dir", broker_or_directory)
    flags = ["--mongo-uri", database.uri, "--database", database.name, *flags]
    return run("journal", "deliver", directory, *flags, environment=environment)


def delivered(done):
    """The numbers that the command ends with, of the last journal."""
    assert done.stdout, done.stderr
    return {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", done.stdout.splitlines()[-1])}


def values_of(collection, **query):
    return [document["value"] for document in collection.find(query).sort("_id", 1)]


NUMBERS = {"read": 50, "stored": 50, "duplicates": 0, "dead_lettered": 0, "damaged": 0, "left": 0}
NOTHING = dict.fromkeys(NUMBERS, 0)


@pytest.mark.smoke
@pytest.mark.light
def test_an_orphaned_journal_is_delivered_once(killed, database):
    identifiers = [record["_id"] for record in dumped(killed.journal_dir)]
    # Documents have the broker's gateway id, not that of the delivering program.
    done = deliver(killed, database, environment={"MONGO_STORE_GATEWAY_ID": "tool"})
    assert done.returncode == 0, done.stderr
    assert delivered(done) == NUMBERS
    assert values_of(database.devices, gatewayID="gone") == list(range(50))
    assert [str(one["_id"]) for one in database.devices.find().sort("_id", 1)] == identifiers

    again = deliver(killed, database)
    assert again.returncode == 0 and delivered(again) == NOTHING
    assert database.devices.count_documents({}) == 50
    # As after a broker's stop: lock, checkpoint, and no segment.
    left = {path.name for path in (killed.journal_dir / "0001").iterdir()}
    assert not [name for name in left if ".segment" in name] and "checkpoint" in left
    assert inspected(killed.journal_dir)["state"] == IN_ORDER


@pytest.mark.light
def test_a_broker_goes_on_behind_what_was_delivered(killed, database):
    assert deliver(killed, database).returncode == 0
    killed.options = {**database.options, "gateway_id": "back"}
    killed.start()
    publish_values(killed, range(50, 60))
    killed.stop()
    assert values_of(database.devices) == list(range(60))
    assert values_of(database.devices, gatewayID="back") == list(range(50, 60))


@pytest.mark.light
def test_a_journal_that_a_broker_holds_is_not_delivered(make_broker, database):
    broker = make_broker(away(database)).start()
    publish_values(broker, range(5))
    for directory in [broker.journal_dir, broker.journal_dir / "0001"]:
        done = deliver(directory, database)
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.count("\n") == 1 and "in use by a broker" in done.stderr
    assert database.devices.count_documents({}) == 0
    assert len(dumped(broker.journal_dir)) == 5


@pytest.mark.light
def test_orphans_beside_a_journal_that_is_held_are_delivered(make_broker, database, tmp_path):
    shared = {**away(database), "journal_dir": tmp_path / "shared"}
    one = make_broker(shared).start()
    two = make_broker(shared).start()
    publish_values(one, range(10))
    publish_values(two, range(10, 30))
    two.kill()
    done = deliver(tmp_path / "shared", database)
    assert done.returncode == 0, done.stderr
    assert "0001 is in use by a broker" in done.stderr
    assert delivered(done)["stored"] == 20
    assert values_of(database.devices) == list(range(10, 30))


@pytest.mark.light
def test_orphans_behind_a_journal_that_cannot_be_read_are_delivered(make_broker, database, tmp_path):
    brokers = [make_broker({**away(database), "journal_dir": tmp_path / "shared"}).start() for _ in range(2)]
    for broker, values in zip(brokers, [range(10), range(10, 30)]):
        publish_values(broker, values)
    for broker in brokers:
        broker.kill()
    checkpoint = tmp_path / "shared/0001/checkpoint"
    checkpoint.rename(tmp_path / "aside")
    checkpoint.mkdir()
    done = deliver(tmp_path / "shared", database)
    skipped, last = done.stderr.splitlines()[0], done.stderr.splitlines()[-1]
    assert done.returncode == 1 and delivered(done)["stored"] == 20
    assert str(checkpoint) in skipped and skipped.endswith("; skipped")
    assert "1 of 2 journals can't be delivered" in last
    checkpoint.rmdir()
    (tmp_path / "aside").rename(checkpoint)
    assert deliver(tmp_path / "shared", database).returncode == 0
    assert sorted(values_of(database.devices)) == list(range(30))


@pytest.mark.light
def test_damage_in_the_middle_costs_that_record_only(killed, database):
    segment = segment_of(killed)
    flip(segment, offset_of_value(segment, 20))
    done = deliver(killed, database)
    assert done.returncode == 0, done.stderr
    assert delivered(done) == NUMBERS | {"read": 49, "stored": 49, "damaged": 1}
    assert f"{segment} at offset" in done.stderr
    assert values_of(database.devices) == [value for value in range(50) if value != 20]
    assert list((killed.journal_dir / "0001").glob("*.damaged"))


@pytest.mark.light
def test_what_is_no_reading_becomes_a_dead_letter_and_the_rest_by_its_own_settings(
    make_broker, database
):
    mine = {"collection": "mine", "dead_letter_collection": "mine_dead", "number_type": "double"}
    broker = make_broker(away(database) | mine).start()
    publish_values(broker, range(3))
    with Client(broker) as client:
        client.publish("device/d", "no JSON")
    broker.kill()
    done = deliver(broker, database, "--collection", "other", "--number-type", "auto")
    assert delivered(done) == NUMBERS | {"read": 4, "stored": 3, "dead_lettered": 1}
    assert all(type(value) is float for value in values_of(database.collection("mine")))
    assert database.collection("mine_dead").count_documents({}) == 1
    assert database.collection("other").count_documents({}) == 0


@pytest.mark.light
def test_with_no_database_it_gives_up_and_everything_stays(killed, database):
    uri = f"mongodb://{HOST}:{free_port()}/?serverSelectionTimeoutMS=500"
    done = run("journal", "deliver", killed.journal_dir, "--mongo-uri", uri, "--give-up-after", "2")
    assert done.returncode == 1
    assert delivered(done) == NOTHING | {"left": 50}
    assert "50 records are left" in done.stderr
    assert len(dumped(killed.journal_dir)) == 50
    assert delivered(deliver(killed, database)) == NUMBERS


@pytest.mark.light
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_a_dead_call_and_nothing_is_lost(killed, database, number):
    # A server that accepts connections and never answers.
    with socket.create_server((HOST, 0)) as silent:
        uri = f"mongodb://{HOST}:{silent.getsockname()[1]}/?connectTimeoutMS=60000"
        command = [build_tree.MONGO_STORE, "journal", "deliver", killed.journal_dir]
        child = subprocess.Popen(
            [*command, "--mongo-uri", uri],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=build_tree.clean_environment(),
        )
        silent.settimeout(20)
        silent.accept()
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    assert child.returncode == 1
    assert "left 50" in out and "stopped by a signal" in err
    assert delivered(deliver(killed, database)) == NUMBERS
    assert values_of(database.devices) == list(range(50))


def test_killed_while_it_delivers_it_makes_nothing_twice(make_broker, database):
    broker = make_broker(away(database) | {"journal_max_bytes": "64MiB"}).start()
    with Client(broker) as client:
        sent = [client.send("device/d", reading("d", value)) for value in range(30_000)]
        eventually(lambda: all(one.is_published() for one in sent), 120)
    broker.kill()
    command = [build_tree.MONGO_STORE, "journal", "deliver", broker.journal_dir]
    command += ["--mongo-uri", database.uri, "--database", database.name]
    for part in range(1, 4):
        child = subprocess.Popen(command, env=build_tree.clean_environment())
        eventually(lambda: database.devices.count_documents({}) >= 5000 * part, 60)
        child.kill()
        child.wait()
    done = deliver(broker, database)
    assert done.returncode == 0, done.stderr
    assert values_of(database.devices) == list(range(30_000))
    assert database.dead_letters.count_documents({}) == 0
