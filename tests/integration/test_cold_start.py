# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A start with a million records pending, without loading them into memory."""

import os
import subprocess
import time

import pytest

from support import build_tree
from support.balance import logged_balances
from support.port import HOST, free_port, is_open
from support.mqtt import publish, reading
from support.waiting import eventually

PENDING = 1_000_000
ACCEPTING_S = 2
JOURNAL_MAX_BYTES = "4GiB"


def fill(journal_dir):
    command = [build_tree.JOURNAL_FILLER, journal_dir, "cold_start", str(PENDING)]
    subprocess.run(command, check=True, timeout=300)


def drop_caches(journal_dir):
    """Drops the files from the kernel's cache, like a restart of the machine."""
    for path in journal_dir.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@pytest.mark.smoke
@pytest.mark.timeout(400)
def test_a_million_pending_records_do_not_delay_the_start(make_broker):
    away = {"mongo_uri": f"mongodb://{HOST}:{free_port()}/", "shutdown_drain_ms": 0}
    broker = make_broker({**away, "journal_max_bytes": JOURNAL_MAX_BYTES})
    fill(broker.journal_dir)
    drop_caches(broker.journal_dir)
    begin = time.monotonic()
    broker.launch()
    eventually(lambda: is_open(broker.port), 60, 0.01)
    seconds = time.monotonic() - begin
    publish(broker, "device/d", reading("d", 0))
    print(f"accepting connections after {seconds:.3f} s")
    assert f", {PENDING} records of earlier runs pending" in broker.log
    broker.stop()
    assert logged_balances(broker)[-1]["pending"] == PENDING + 1
    assert seconds < ACCEPTING_S
