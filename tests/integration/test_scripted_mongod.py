# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The scripted MongoDB behaves as another project's driver expects of a server."""

import datetime
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import time

import bson
import pymongo
import pymongo.errors
import pytest
from support.certificates import Authority

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = SOURCE / os.environ.get("MONGO_STORE_BUILD_DIR", "build/release")
PROGRAM = BUILD / "tests/support/scripted_mongod/scripted-mongod"
SELECTION_MS = 10_000
REFUSED_SELECTION_MS = 1_000

pytestmark = pytest.mark.light


class Server:
    def __init__(self, *flags):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, flags)], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on 127.0.0.1:"), line
        self.address = line.split()[-1]
        self.clients = []

    def client(self, credentials="", **options):
        options.setdefault("serverSelectionTimeoutMS", SELECTION_MS)
        client = pymongo.MongoClient(f"mongodb://{credentials}{self.address}/", **options)
        self.clients.append(client)
        return client

    def close(self):
        for client in self.clients:
            client.close()
        self.process.terminate()
        assert self.process.wait(20) == 0
        self.process.stdout.close()


@pytest.fixture
def start():
    servers = []

    def start_one(*flags):
        servers.append(Server(*flags))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()


@pytest.fixture
def collection(start):
    return start().client().mongogw.devices


def test_documents_of_any_shape_come_back_as_they_were(collection):
    documents = [
        {"_id": 1, "value": {"a": [1, 2.5, {"b": None}], "c": {"d": {"e": True}}}},
        {"_id": "two", "a.b": 1, "$c": 2, "": 3, "ünïcode": "\U0001f600", "nul": "a\0b"},
        {"_id": bson.ObjectId(), "date": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)},
        {"_id": b"bytes", "exact": bson.Int64(2**63 - 1), "decimal": bson.Decimal128("0.1")},
        {"_id": {"a": 1}, "regex": bson.Regex("^a", "i"), "max": bson.MaxKey()},
        {"_id": datetime.datetime(2021, 1, 1), "code": bson.Code("f()", {"x": 1})},
        {"_id": None, "large": "x" * 1_000_000},
    ]
    command = {"insert": "devices", "documents": documents}
    assert collection.database.command(command)["n"] == len(documents)
    assert list(collection.find()) == documents
    for document in documents:
        assert collection.find_one({"_id": document["_id"]}) == document
    assert [list(document) for document in collection.find()] == [list(d) for d in documents]


def test_filters_sorts_and_limits_choose_documents(collection):
    collection.insert_many({"_id": i, "group": i % 3, "name": f"n{i}"} for i in (5, 3, 9, 1, 7))

    def ids(*asked, **options):
        return [d["_id"] for d in collection.find(*asked, **options)]

    assert ids() == [5, 3, 9, 1, 7]
    assert ids(sort=[("_id", -1)], limit=2) == [9, 7]
    assert ids(sort=[("$natural", -1)], limit=2) == [7, 1]
    assert ids(sort=[("group", 1), ("_id", -1)]) == [9, 3, 7, 1, 5]
    assert ids({"_id": {"$in": [1, 9, 4]}}) == [9, 1]
    assert ids({"_id": {"$gt": 3, "$lt": 9}}) == [5, 7]
    assert ids({"group": 1.0}) == [1, 7]
    assert ids({"group": {"$ne": 1}, "name": "n9"}) == [9]
    assert ids({"absent": None}, skip=4) == [7]
    assert ids({"name": {"$exists": False}}) == []
    assert collection.find_one({"_id": 1}, {"name": 1}) == {"_id": 1, "name": "n1"}
    assert collection.find_one({"_id": 1}, {"_id": 0, "name": 0}) == {"group": 1}


def test_a_long_answer_comes_in_batches(collection):
    collection.insert_many({"_id": i} for i in range(1000))
    assert [d["_id"] for d in collection.find(batch_size=7)] == list(range(1000))
    assert len(list(collection.find())) == 1000
    cursor = collection.find(batch_size=2)
    next(cursor)
    collection.delete_many({"_id": {"$gte": 2}})
    assert [d["_id"] for d in cursor] == [1]
    left_open = collection.find(batch_size=1)
    next(left_open)
    left_open.close()


def test_a_cursor_ends_with_its_collection(collection):
    collection.insert_many({"_id": i} for i in range(10))
    cursor = collection.find(batch_size=2)
    next(cursor)
    collection.drop()
    collection.insert_many({"_id": i} for i in range(100, 110))
    with pytest.raises(pymongo.errors.CursorNotFound):
        list(cursor)


def test_documents_are_counted(collection):
    assert collection.count_documents({}) == 0
    collection.insert_many({"_id": i, "even": i % 2 == 0} for i in range(11))
    assert collection.count_documents({}) == 11
    assert collection.count_documents({"even": True}) == 6
    assert collection.count_documents({"even": True}, skip=1, limit=3) == 3
    assert collection.estimated_document_count() == 11
    pipeline = [{"$match": {"even": False}}, {"$sort": {"_id": -1}}, {"$limit": 1}]
    assert list(collection.aggregate(pipeline)) == [{"_id": 9, "even": False}]


def test_a_duplicate_identifier_is_refused_with_its_key(collection):
    collection.insert_one({"_id": 2})
    with pytest.raises(pymongo.errors.BulkWriteError) as raised:
        collection.insert_many([{"_id": 1}, {"_id": 2.0}, {"_id": 3}], ordered=False)
    (error,) = raised.value.details["writeErrors"]
    assert (error["index"], error["code"]) == (1, 11000)
    assert (error["keyPattern"], error["keyValue"]) == ({"_id": 1}, {"_id": 2})
    assert error["errmsg"].startswith(
        "E11000 duplicate key error collection: mongogw.devices index: _id_ dup key: "
    )
    assert raised.value.details["nInserted"] == 2
    with pytest.raises(pymongo.errors.BulkWriteError) as raised:
        collection.insert_many([{"_id": 4}, {"_id": 1}, {"_id": 5}], ordered=True)
    assert raised.value.details["nInserted"] == 1
    assert [d["_id"] for d in collection.find(sort=[("_id", 1)])] == [1, 2, 3, 4]


def test_a_hundred_thousand_duplicates_fit_into_one_answer(collection):
    documents = [{"_id": f"{i:0200}"} for i in range(100_000)]
    collection.insert_many(documents)
    with pytest.raises(pymongo.errors.BulkWriteError) as raised:
        collection.insert_many(documents, ordered=False)
    assert len(raised.value.details["writeErrors"]) == len(documents)


def test_another_unique_index_refuses_too(collection):
    collection.create_index("serial", unique=True)
    collection.create_index([("a", 1), ("b", -1)])
    collection.insert_one({"_id": 1, "serial": "x"})
    with pytest.raises(pymongo.errors.DuplicateKeyError) as raised:
        collection.insert_one({"_id": 2, "serial": "x"})
    assert raised.value.details["keyPattern"] == {"serial": 1}
    assert "index: serial_1 dup key" in raised.value.details["errmsg"]
    assert set(collection.index_information()) == {"_id_", "serial_1", "a_1_b_-1"}
    collection.insert_one({"_id": 2, "serial": "y", "twice": 1})
    collection.delete_one({"_id": 1})
    collection.insert_one({"_id": 1, "serial": "x", "twice": 1})
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        collection.create_index("twice", unique=True)


def test_collections_and_databases_are_listed_and_dropped(start):
    client = start().client()
    client.one.a.insert_one({})
    client.one.b.insert_one({})
    client.two.a.insert_one({})
    assert sorted(client.one.list_collection_names()) == ["a", "b"]
    assert client.list_database_names() == ["one", "two"]
    client.one.a.drop()
    client.drop_database("two")
    assert client.one.list_collection_names() == ["b"]
    assert client.list_database_names() == ["one"]
    assert client.one.b.find_one().keys() == {"_id"}


def test_an_unknown_command_is_refused_by_its_code(start):
    with pytest.raises(pymongo.errors.OperationFailure) as raised:
        start().client().admin.command("noSuchThing")
    assert (raised.value.code, raised.value.details["codeName"]) == (59, "CommandNotFound")
    with pytest.raises(pymongo.errors.OperationFailure) as raised:
        start().client().db.c.find_one({"a": {"$near": 1}})
    assert raised.value.code == 2


def test_what_was_asked_is_told(start):
    client = start().client()
    strict = pymongo.WriteConcern(w="majority", j=True, wtimeout=20_000)
    client.mongogw.get_collection("devices", write_concern=strict).insert_many([{}, {}])
    client.mongogw.devices.find_one()
    stats = client.admin.command("scriptedStats")
    assert (stats["insert"], stats["find"], stats["documents"]) == (1, 1, 2)
    assert stats["lastWriteConcern"] == {"w": "majority", "j": True, "wtimeout": 20_000}


def test_an_unacknowledged_insert_is_done_and_not_answered(start):
    client = start().client()
    client.db.get_collection("c", write_concern=pymongo.WriteConcern(w=0)).insert_one({"_id": 1})
    deadline = time.monotonic() + 20
    while client.db.c.count_documents({}) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert client.db.c.find_one() == {"_id": 1}


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text("s3cret\n")
    return path


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256", None])
@pytest.mark.parametrize("offered", ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1,SCRAM-SHA-256"])
def test_a_user_is_asked_for_the_password(start, password_file, mechanism, offered):
    server = start("--user", "mongogw", "--password-file", password_file, "--auth-db", "mongogw",
                   "--mechanisms", offered, "--role", "readWrite@mongogw")
    options = {"authSource": "mongogw"}
    if mechanism:
        options["authMechanism"] = mechanism
    if (mechanism or offered) not in offered:
        with pytest.raises(pymongo.errors.OperationFailure):
            server.client("mongogw:s3cret@", **options).mongogw.devices.find_one()
        return
    client = server.client("mongogw:s3cret@", **options)
    client.mongogw.devices.insert_one({"_id": 1})
    assert client.mongogw.devices.count_documents({}) == 1
    assert client.mongogw.list_collection_names() == ["devices"]
    for forbidden in (lambda: client.other.c.insert_one({}), lambda: client.admin.c.find_one()):
        with pytest.raises(pymongo.errors.OperationFailure) as raised:
            forbidden()
        assert raised.value.code == 13


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_a_wrong_password_user_or_database_is_refused(start, password_file, mechanism):
    server = start("--user", "mongogw", "--password-file", password_file, "--auth-db", "mongogw",
                   "--scram-iterations", 4096)
    for credentials, source in (("mongogw:S3cret@", "mongogw"), ("other:s3cret@", "mongogw"),
                                ("mongogw:s3cret@", "admin")):
        client = server.client(credentials, authSource=source, authMechanism=mechanism)
        with pytest.raises(pymongo.errors.OperationFailure) as raised:
            client.mongogw.devices.find_one()
        assert raised.value.code == 18
    with pytest.raises(pymongo.errors.OperationFailure) as raised:
        server.client().mongogw.devices.insert_one({})
    assert raised.value.code == 13
    assert server.client().admin.command("ping")["ok"] == 1


def test_the_password_can_change_while_it_runs(start, password_file):
    server = start("--user", "mongogw", "--password-file", password_file)
    server.client("mongogw:s3cret@").db.c.insert_one({"_id": 1})
    password_file.write_text("0ther\n")
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert server.client("mongogw:0ther@").db.c.find_one() == {"_id": 1}
            break
        except pymongo.errors.OperationFailure:
            time.sleep(0.05)
    with pytest.raises(pymongo.errors.OperationFailure):
        server.client("mongogw:s3cret@").db.c.find_one()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    authority.issue_server()
    authority.issue_client()
    return authority.folder


def test_tls_with_a_client_certificate(start, certificates):
    server = start("--tls-certificate-key-file", certificates / "server.pem",
                   "--tls-ca-file", certificates / "ca.pem")
    trusting = {"tls": True, "tlsCAFile": str(certificates / "ca.pem")}
    named = {**trusting, "tlsCertificateKeyFile": str(certificates / "client.pem")}
    collection = server.client(**named).db.c
    collection.insert_many({"_id": i, "text": "x" * 50_000} for i in range(200))
    assert sum(len(d["text"]) for d in collection.find()) == 10_000_000
    for refused in (trusting, {}, {**named, "tlsCAFile": str(certificates / "client.pem")}):
        with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
            server.client(serverSelectionTimeoutMS=REFUSED_SELECTION_MS, **refused).db.c.find_one()


def test_a_tls_client_that_leaves_in_the_middle_of_an_answer_ends_itself_only(start, certificates):
    server = start("--tls-certificate-key-file", certificates / "server.pem")
    client = server.client(tls=True, tlsCAFile=str(certificates / "ca.pem"))
    client.db.c.insert_many({"_id": i, "text": "x" * 1_000_000} for i in range(12))
    find = bson.encode({"find": "c", "$db": "db"})
    host, port = server.address.split(":")
    trusting = ssl.create_default_context(cafile=certificates / "ca.pem")
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            with trusting.wrap_socket(plain, server_hostname=host) as connection:
                connection.sendall(message(2013, struct.pack("<I", 0) + b"\0" + find))
                connection.recv(1)
    assert client.db.c.count_documents({}) == 12
    assert server.process.poll() is None


def test_tls_without_one_and_with_scram(start, certificates, password_file):
    server = start("--tls-certificate-key-file", certificates / "server.pem",
                   "--user", "u", "--password-file", password_file)
    client = server.client("u:s3cret@", tls=True, tlsCAFile=str(certificates / "ca.pem"))
    client.db.c.insert_one({"_id": 1})
    assert client.db.c.find_one() == {"_id": 1}


def test_a_replica_set_has_its_name(start):
    server = start("--replica-set", "rs0")
    client = server.client(replicaSet="rs0")
    client.db.c.insert_one({"_id": 1})
    host, port = server.address.split(":")
    assert client.primary == (host, int(port))
    assert client.admin.command("hello")["setName"] == "rs0"
    with client.start_session() as session:
        assert client.db.c.find_one(session=session) == {"_id": 1}
    with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
        server.client(
            replicaSet="rs1", serverSelectionTimeoutMS=REFUSED_SELECTION_MS
        ).db.c.find_one()


def test_hello_says_the_wire_version(start):
    assert start().client().admin.command("hello")["maxWireVersion"] == 17
    low = start("--max-wire-version", 9).client().admin.command("isMaster")
    assert (low["minWireVersion"], low["maxWireVersion"], low["ismaster"]) == (0, 9, True)


def message(op_code, payload, length=None):
    length = 16 + len(payload) if length is None else length
    return struct.pack("<iiii", length, 7, 0, op_code) + payload


PING = bson.encode({"ping": 1, "$db": "admin"})


@pytest.mark.parametrize("hostile", [
    message(2013, struct.pack("<I", 0) + b"\0" + PING, length=48_000_001),
    message(2013, b"", length=-1),
    message(2013, struct.pack("<I", 4) + b"\0" + PING),
    message(2013, struct.pack("<I", 0) + b"\0" + PING[:-3]),
    message(2013, struct.pack("<I", 0) + b"\2" + PING),
    message(2013, struct.pack("<I", 0) + b"\0" + PING + b"\1" + struct.pack("<I", 2**31) + b"d\0"),
    message(2004, b"\0\0\0\0admin.$cmd"),
    message(2001, b"\0" * 40),
], ids=["too long", "negative length", "unknown flag", "cut body", "unknown section",
        "overlong sequence", "cut query", "unknown operation"])
def test_what_is_no_message_closes_its_connection_only(start, hostile):
    server = start()
    client = server.client()
    client.db.c.insert_one({})
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(hostile)
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass  # closed with bytes unread
    assert client.db.c.count_documents({}) == 1


def test_a_checksum_and_unknown_optional_flags_are_tolerated(start):
    host, port = start().address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        flags = struct.pack("<I", 1 | 1 << 16)
        connection.sendall(message(2013, flags + b"\0" + PING + b"\1\2\3\4"))
        reply = connection.makefile("rb")
        length, _, answered, op_code = struct.unpack("<iiii", reply.read(16))
        assert (answered, op_code) == (7, 2013)
        assert bson.decode(reply.read(length - 16)[5:]) == {"ok": 1.0}


def test_a_wrong_command_line_is_refused(tmp_path):
    for flags in (["--max-wire-version", "x"], ["--mechanisms", "PLAIN"], ["--user", "u"],
                  ["--tls-certificate-key-file", tmp_path / "absent"], ["surplus"]):
        ended = subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=20)
        assert ended.returncode != 0 and "listening" not in ended.stdout
        assert ended.stderr
