# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Fixtures: a broker with the plugin, databases, a scripted server."""

import contextlib
import pathlib
import shutil
import tempfile

import pytest

from support import build_tree, mongod
from support.broker import Broker
from support.database import GivenServer, Server, given_uri
from support.replica_set import ReplicaSet
from support.scripted_server import ScriptedServer

_folder = pytest.StashKey[pathlib.Path]()


# The journal needs a real file system, and tests write nothing outside the build tree.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    try:
        mongod.find()
    except mongod.BadMongod as bad:
        raise pytest.UsageError(str(bad)) from None
    if config.option.basetemp is None:
        parent = build_tree.BUILD / "integration"
        parent.mkdir(parents=True, exist_ok=True)
        config.stash[_folder] = pathlib.Path(tempfile.mkdtemp(dir=parent))
        config.option.basetemp = config.stash[_folder] / "tests"


def pytest_sessionfinish(session, exitstatus):
    folder = session.config.stash.get(_folder, None)
    if folder and exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """The server for all tests that don't stop it: the given one, or one that is started for this
    run."""
    if given_uri():
        yield GivenServer(given_uri())
        return
    server = Server(tmp_path_factory.mktemp("shared_server")).start()
    yield server
    server.stop()


@pytest.fixture
def database(shared_server):
    """An empty database in the shared server."""
    database = shared_server.database()
    yield database
    database.drop()
    database.close()


@pytest.fixture
def server(tmp_path):
    """A running server that the test may stop, suspend and start again."""
    server = Server(tmp_path / "server").start()
    yield server
    server.stop()


@pytest.fixture
def make_scripted_server(tmp_path):
    """make_scripted_server(user=…, …) starts one with these flags."""
    servers = []

    def make(**flags):
        folder = tmp_path / f"scripted_server_{len(servers)}"
        servers.append(ScriptedServer(folder, **flags))
        return servers[-1].start()

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def make_replica_set(tmp_path):
    """make_replica_set(members=3, …) starts a simulated set with a primary."""
    sets = []

    def make(members=3, **flags):
        sets.append(ReplicaSet(tmp_path / f"replica_set_{len(sets)}", members, **flags))
        return sets[-1].start()

    yield make
    for replica_set in sets:
        print(f"--- {replica_set.status() if replica_set.child.is_running() else 'ended'}")
        replica_set.stop()


def print_log(broker):
    """Call it after the broker is closed, so that its last balance is in the log."""
    of_plugin = "\n".join(line for line in broker.log.splitlines() if "mongo_store: " in line)
    print(f"--- {broker.folder.name}, the plugin\n{of_plugin[-3000:]}")
    print(f"--- {broker.folder.name}, last lines\n{broker.log[-3000:]}")


@pytest.fixture
def make_broker(tmp_path):
    """make_broker(options, config=…, environment=…) returns a broker that isn't started yet."""
    brokers = []

    def make(options=None, **more):
        brokers.append(Broker(tmp_path / f"broker_{len(brokers)}", options, **more))
        return brokers[-1]

    yield make
    with contextlib.ExitStack() as closing:  # closes each of them, even if another one ended badly
        for broker in brokers:
            closing.callback(print_log, broker)
            closing.callback(broker.close)


@pytest.fixture
def broker(make_broker, database):
    """A running broker with the plugin and its default options."""
    return make_broker(database.options).start()
