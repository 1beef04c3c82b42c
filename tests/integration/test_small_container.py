# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker in a container of 64 MB: a journal that fills up doesn't fill the memory."""

import pytest

from support.balance import logged_balances
from support.container_broker import ContainerBroker, is_docker_there
from support.mqtt import Client, reading
from support.process_memory import KIB, MIB
from support.waiting import eventually

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not is_docker_there(), reason="needs Docker"),
]

PADDING = "x" * (60 * KIB)
MESSAGES = 2500  # 150 MiB, more than twice the container's memory
MEMORY_BYTES_MAX = 40 * MIB
JOURNAL_FULL = "journal: full"
TAKES_AGAIN = "journal: messages are accepted again"


@pytest.fixture
def container_broker(tmp_path, server):
    database = server.database()
    options = {**database.options, "retry_max_ms": 500, "journal_max_bytes": "64MiB"}
    broker = ContainerBroker(tmp_path / "broker", options, "64m")
    yield broker, database
    broker.kill()
    database.close()


@pytest.mark.timeout(500)
def test_a_journal_that_fills_stays_within_64_megabytes(container_broker, server):
    broker, database = container_broker
    broker.start()
    server.suspend()
    with Client(broker, client_id="sender", clean=False) as client:
        for number in range(MESSAGES):
            client.send("device/d", reading("d", number, padding=PADDING))
        eventually(lambda: JOURNAL_FULL in broker.log, 120, what="the journal isn't full")
        assert broker.memory_bytes() < MEMORY_BYTES_MAX
        server.resume()
        # Refused messages arrive again over new connections.
        stored = lambda: len(database.devices.distinct("value"))
        eventually(lambda: stored() == MESSAGES, 240, 0.5, what=lambda: f"{stored()} values")
        assert broker.memory_bytes() < MEMORY_BYTES_MAX
    assert TAKES_AGAIN in broker.log
    broker.stop()
    balance = logged_balances(broker)[-1]
    assert balance["pending"] == 0
    assert balance["stored"] == balance["appended"] >= MESSAGES
