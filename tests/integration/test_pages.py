# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""mongo-store on a server that is slow, or reads in its own way: count and audit read in pages."""

import datetime
import json

import pytest
from bson import ObjectId
from support.mongo_store import run, succeed

DOCUMENTS = 2500


def document(number):
    """A higher number is newer by `_id`, and older by `date`."""
    date = datetime.datetime.fromtimestamp(DOCUMENTS - number, datetime.timezone.utc)
    return {"_id": ObjectId(f"{number:024x}"), "date": date, "deviceUID": "d",
            "value": {"sequence": number}, "gatewayID": "g"}


@pytest.fixture
def server(make_scripted_server):
    return make_scripted_server()


@pytest.fixture
def flags(server):
    """The documents of a database, the newest first."""
    database = server.database(parameters="?socketTimeoutMS=1400")
    database.devices.insert_many([document(number) for number in range(DOCUMENTS, 0, -1)])
    yield ["--mongo-uri", database.uri, "--database", database.name]
    database.close()


@pytest.fixture
def ledger(tmp_path):
    lines = [{"device": "d", "sequence": number, "qos": 1, "sent": 1, "acknowledged": 2, "sends": 1}
             for number in range(1, DOCUMENTS + 1)]
    path = tmp_path / "ledger"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "failure", [{"errorCode": 50}, {"blockConnection": True, "blockTimeMS": 3000}]
)
def test_what_the_server_can_not_count_in_time_is_counted_in_pages(server, flags, failure):
    server.control.fail(["aggregate"], **failure)
    assert succeed("count", *flags) == f"{DOCUMENTS}\n"
    assert server.control.strikes() >= 1


@pytest.mark.parametrize(
    ("order", "newest"),
    [([], [DOCUMENTS, DOCUMENTS - 1, DOCUMENTS - 2]), (["--message-id", "payload:id"], [1, 2, 3])],
)
def test_the_newest_that_the_server_can_not_find_in_time_are_found_in_pages(
    server, flags, order, newest
):
    server.control.fail(["find"], mode=1, errorCode=50)
    lines = succeed("last", "--limit", "3", *flags, *order).splitlines()
    assert [json.loads(line)["value"]["sequence"] for line in lines] == newest
    assert server.control.strikes() == 1


def test_an_audit_reads_pages_that_each_have_the_time_out_for_themselves(server, flags, ledger):
    server.control.fail(["find", "getMore"], blockConnection=True, blockTimeMS=500)
    done = run("audit", "--json", *flags, ledger)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["documents"], report["missing"], report["out_of_order"]) == (DOCUMENTS, 0, 0)
    # A page of each collection, and two more of the documents.
    assert server.control.strikes() >= 4


def test_an_audit_reads_where_majority_reads_are_refused(server, flags, ledger):
    name = server.control.refuse_majority_reads()
    done = run("audit", "--json", *flags, ledger)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stored"] == DOCUMENTS
    assert server.control.strikes(name) == 2
