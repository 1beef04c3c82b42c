# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""mongo-store audit: what device-sim wrote down against what is stored."""

import json
import operator
import subprocess

import pytest
from bson import ObjectId
from support import build_tree, mongo_store
from support.device_sim import DeviceSim
from support.mqtt import publish
from support.waiting import eventually

pytestmark = pytest.mark.light

DEVICES, MESSAGES = 4, 25
TOTAL = DEVICES * MESSAGES
PASSED, FAILED, NOT_DONE, USAGE = 0, 1, 2, 64
LAST_ID = ObjectId(b"\xff" * 12)


def run_audit(database, *arguments):
    flags = ["--mongo-uri", database.uri, "--database", database.name]
    return mongo_store.run("audit", *flags, *arguments)


def audit(database, *arguments, expect=PASSED):
    """The report, as JSON; the text for people must end with the same verdict."""
    done = run_audit(database, "--json", *arguments)
    assert done.returncode == expect, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] == (expect == PASSED)
    assert done.stderr.count("\n") == (0 if expect == PASSED else 1)
    text = run_audit(database, *arguments)
    assert text.returncode == expect
    assert text.stdout.endswith("passed\n" if expect == PASSED else "failed\n")
    return report


def assert_counts(report, **expected):
    names = ["missing", "doubled", "doubled_by_resend", "unexpected", "out_of_order"]
    names += ["dead_lettered", "stored_unacknowledged", "absent_unacknowledged", "cut_lines"]
    assert {name: report[name] for name in names} == {name: expected.get(name, 0) for name in names}
    found = {name for name, examples in report["examples"].items() if examples}
    assert found == {name for name in report["examples"] if expected.get(name)}


def await_stored(database, documents, dead_letters=0):
    def stored():
        return database.devices.count_documents({}), database.dead_letters.count_documents({})

    def is_stored():
        return all(map(operator.ge, stored(), (documents, dead_letters)))

    eventually(is_stored, what=lambda: f"{stored()} of {(documents, dead_letters)}")


def await_passed(database, ledger):
    """A killed simulator, or broker, leaves messages that are still on their way."""
    eventually(lambda: run_audit(database, ledger).returncode == PASSED, interval_s=0.5)


def fleet(broker, ledger, **flags):
    return DeviceSim(broker, sequence=None, ledger=ledger, **flags)


@pytest.fixture
def ledger(broker, database, tmp_path):
    """That of a run of which all is stored."""
    path = tmp_path / "ledger"
    with fleet(broker, path, devices=DEVICES, messages=MESSAGES, rate=0.01, qos=1) as running:
        running.summary()
    await_stored(database, TOTAL)
    return path


@pytest.mark.smoke
def test_a_run_of_which_all_is_stored_passes(database, ledger):
    report = audit(database, ledger)
    assert_counts(report)
    assert (report["ledgers"], report["devices"]) == (1, DEVICES)
    assert report["lines"] == 2 * TOTAL
    for name in ["messages", "acknowledged", "documents", "stored"]:
        assert report[name] == TOTAL
    assert report["order_checked"]


@pytest.mark.smoke
def test_a_document_that_is_deleted_is_missing(database, ledger):
    deleted = database.devices.find_one_and_delete({"value.sequence": 7})
    report = audit(database, ledger, expect=FAILED)
    assert_counts(report, missing=1)
    example = {"device": deleted["deviceUID"], "sequence": 7}
    example |= {"sends": 1, "documents": 0, "dead_letters": 0}
    assert report["examples"]["missing"] == [example]
    assert report["stored"] == TOTAL - 1
    assert "1 missing and 0 doubled" in run_audit(database, ledger).stderr


def test_a_copy_is_doubled_and_only_a_resend_without_message_id_excuses_it(database, ledger):
    copy = database.devices.find_one({"value.sequence": 7})
    device, copy["_id"] = copy["deviceUID"], LAST_ID
    database.devices.insert_one(copy)
    report = audit(database, ledger, expect=FAILED)
    assert_counts(report, doubled=1)
    assert report["examples"]["doubled"][0]["documents"] == 2

    line = {"device": device, "sequence": 7, "qos": 1, "sent": 1, "acknowledged": 2, "sends": 2}
    with ledger.open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert_counts(audit(database, ledger), doubled_by_resend=1)
    assert_counts(audit(database, "--message-ids", ledger, expect=FAILED), doubled=1)


def test_what_is_in_no_ledger_is_unexpected_and_passes(broker, database, ledger):
    publish(broker, "device/other", '{"uuid": "other", "value": 1}')
    publish(broker, "device/other", "not JSON")
    await_stored(database, TOTAL + 1, dead_letters=1)
    report = audit(database, ledger)
    assert_counts(report, unexpected=2)
    examples = report["examples"]["unexpected"]
    assert [example["device"] for example in examples] == ["other", ""]
    assert [example["sequence"] for example in examples] == [None, None]


def test_a_document_behind_a_later_one_is_out_of_order(database, ledger):
    first = database.devices.find_one_and_delete({"value.sequence": 1})
    database.devices.insert_one(first)  # where the server keeps it says nothing
    assert_counts(audit(database, ledger))
    database.devices.delete_one({"_id": first["_id"]})
    first["_id"] = LAST_ID
    database.devices.insert_one(first)
    assert_counts(audit(database, ledger), out_of_order=1)
    report = audit(database, "--message-ids", ledger)
    assert_counts(report)
    assert not report["order_checked"]


def test_dead_letters_are_not_missing(broker, database, tmp_path):
    database.devices.create_index("gatewayID", unique=True)  # lets one document in
    ledger = tmp_path / "ledger"
    with fleet(broker, ledger, messages=4, rate=0.01, qos=1) as running:
        running.summary()
    await_stored(database, 1, dead_letters=3)
    report = audit(database, ledger)
    assert_counts(report, dead_lettered=3)
    assert (report["stored"], report["dead_letters"], report["acknowledged"]) == (1, 3, 4)
    assert report["examples"]["dead_lettered"][0]["dead_letters"] == 1


def test_several_ledgers_of_each_qos_are_audited_together(broker, database, tmp_path):
    for qos in [0, 1, 2]:
        with fleet(broker, tmp_path / str(qos), messages=10, rate=0.01, qos=qos) as running:
            running.summary()
    await_stored(database, 30)
    report = audit(database, *(tmp_path / str(qos) for qos in [0, 1, 2]))
    assert_counts(report, stored_unacknowledged=10)
    assert (report["ledgers"], report["devices"], report["acknowledged"]) == (3, 3, 20)
    assert_counts(audit(database, tmp_path / "1"), unexpected=20)


@pytest.mark.parametrize("qos", [1, 2])
def test_a_simulator_that_is_killed_leaves_a_ledger_that_passes(broker, database, tmp_path, qos):
    ledger = tmp_path / "ledger"
    with fleet(broker, ledger, devices=20, rate=0, qos=qos):
        eventually(lambda: ledger.exists() and ledger.stat().st_size > 500_000)
    # Left with kill -9.
    await_passed(database, ledger)
    report = audit(database, ledger)
    assert report["acknowledged"] > 1000
    assert report["stored"] == report["documents"] >= report["acknowledged"]
    unacknowledged = ["stored_unacknowledged", "absent_unacknowledged"]
    assert_counts(report, **{name: report[name] for name in unacknowledged})
    assert sum(report[name] for name in unacknowledged) <= 20 * 20


def test_a_broker_that_is_killed_costs_nothing_that_was_acknowledged(
    make_broker, database, tmp_path
):
    broker = make_broker(database.options).start()
    ledger = tmp_path / "ledger"
    with fleet(broker, ledger, devices=10, messages=200, rate=0.01, qos=1) as running:
        eventually(lambda: database.devices.count_documents({}) > 200)
        broker.kill()
        broker.start()
        running.summary()
    await_passed(database, ledger)
    report = audit(database, ledger)
    assert_counts(report, doubled_by_resend=report["doubled_by_resend"])
    assert report["acknowledged"] == report["stored"] == 2000


def test_what_is_no_ledger_is_one_line_with_file_and_number(database, tmp_path):
    ledger = tmp_path / "ledger"
    ledger.write_text("{}\n")
    done = run_audit(database, ledger)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (NOT_DONE, "", 1)
    assert f"{ledger}, line 1: " in done.stderr and "accepted" in done.stderr
    done = run_audit(database, tmp_path / "absent")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (NOT_DONE, "", 1)
    assert str(tmp_path / "absent") in done.stderr
    done = run_audit(database)
    assert (done.returncode, done.stderr.count("\n")) == (USAGE, 1)


def test_a_line_that_is_cut_short_is_told(database, ledger):
    with ledger.open("a") as file:
        file.write('{"device":"d","seq')
    assert_counts(audit(database, ledger), cut_lines=1)


def test_a_database_that_is_away_is_no_verdict(ledger, database):
    done = subprocess.run(
        [build_tree.MONGO_STORE, "audit", ledger, "--mongo-uri"]
        + ["mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=500"],
        env=build_tree.clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (NOT_DONE, "", 1)
