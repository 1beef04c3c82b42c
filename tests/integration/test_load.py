# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A fleet at full rate."""

import collections

import pytest
from support.balance import assert_balanced
from support.device_sim import DeviceSim
from support.mqtt import await_balance
from support.process_memory import MIB, MemorySampler

DEVICES, MESSAGES_EACH, PERIOD_S = 50, 4000, 0.0025  # 20,000 a second for ten seconds
RESIDENT_BYTES_MAX = 200 * MIB
# Logging a packet would cost more than the packet.
FEW_LOG_LINES = "log_type none\nlog_type warning\nlog_type error"


@pytest.mark.timeout(500)
def test_a_fleet_at_full_rate_is_stored_exactly_once(make_broker, database):
    broker = make_broker(database.options, config=FEW_LOG_LINES).start()
    total = DEVICES * MESSAGES_EACH
    fleet = {"devices": DEVICES, "messages": MESSAGES_EACH, "rate": PERIOD_S, "qos": 1}
    with MemorySampler(broker.child.pid) as memory, DeviceSim(broker, **fleet) as running:
        summary = running.summary(120)
        balance = await_balance(broker, 240, appended=total, stored=total, pending=0)
    print(f"{summary['rate']:.0f} messages/s, PUBACK after (ms) {summary['latency_ms']}, "
          f"at most {max(memory.samples) / MIB:.0f} MiB")

    assert_balanced(balance)
    assert summary["sent"] == summary["acknowledged"] == total
    for name in ("dead_lettered", "duplicates", "unkept", "ignored"):
        assert balance[name] == 0, name
    stored = database.devices.find({}, {"_id": 0, "deviceUID": 1})
    counts = collections.Counter(document["deviceUID"] for document in stored)
    assert len(counts) == DEVICES and set(counts.values()) == {MESSAGES_EACH}
    assert database.dead_letters.count_documents({}) == 0
    assert max(memory.samples) < RESIDENT_BYTES_MAX
