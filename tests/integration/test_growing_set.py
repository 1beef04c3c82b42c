# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A replica set grows and shrinks under two brokers; their devices don't notice."""

import contextlib

from support import mongo_store
from support.balance import logged_balances
from support.device_sim import DeviceSim
from support.waiting import eventually

PARAMETERS = "&socketTimeoutMS=3000&serverSelectionTimeoutMS=1000&heartbeatFrequencyMS=500"
QUICK = {"retry_min_ms": 50, "retry_max_ms": 500}
PUBACK_MS_MAX = 1000
GATEWAYS = ["gateway-1", "gateway-2"]


def stored_by(committed):
    return {name: committed.devices.count_documents({"gatewayID": name}) for name in GATEWAYS}


def await_more_stored(committed):
    """Waits for so many documents of both brokers that the set in its present form has accepted
    some of them."""
    before = stored_by(committed)
    eventually(lambda: all(stored_by(committed)[name] > before[name] + 50 for name in GATEWAYS), 60)


def grow(replica_set):
    replica_set.control.simulate("addMember")
    replica_set.await_caught_up()


def shrink(replica_set, member):
    replica_set.control.simulate("removeMembers", members=[member])
    replica_set.await_primary(other_than=member)
    replica_set.await_caught_up()


def members(replica_set):
    return len(replica_set.status()) - len(replica_set.in_state("REMOVED"))


def resize(replica_set, committed):
    """Grows the set from three members to five, and shrinks it to three without the first
    primary."""
    await_more_stored(committed)
    for count in [4, 5]:
        grow(replica_set)
        assert members(replica_set) == count
        await_more_stored(committed)
    primary = replica_set.await_primary()
    secondary = next(name for name in replica_set.seeds if name != primary)
    for count, member in [(4, primary), (3, secondary)]:
        shrink(replica_set, member)
        assert members(replica_set) == count
        await_more_stored(committed)
    assert primary in replica_set.in_state("REMOVED")


def load_while(brokers, ledgers, disturb):
    """Publishes while the set changes, and returns the devices' view of it for each broker."""
    with contextlib.ExitStack() as running:
        fleets = [
            running.enter_context(
                DeviceSim(broker, devices=5, qos=1, rate=0.02, sequence=None, ledger=ledger)
            )
            for broker, ledger in zip(brokers, ledgers)
        ]
        disturb()
        for fleet in fleets:
            fleet.end()
        return [fleet.summary() for fleet in fleets]


def assert_nothing_noticed(summary):
    assert summary["acknowledged"] == summary["sent"] > 0
    assert (summary["unacknowledged"], summary["reconnects"]) == (0, 0)
    assert summary["latency_ms"]["max"] < PUBACK_MS_MAX, summary


def test_no_device_notices_a_set_of_three_that_becomes_five_and_three_again(
    make_replica_set, make_broker, tmp_path
):
    replica_set = make_replica_set()
    committed = replica_set.committed()
    options = {"mongo_uri": replica_set.uri(PARAMETERS), **QUICK}
    brokers = [make_broker({**options, "gateway_id": name}).start() for name in GATEWAYS]
    ledgers = [tmp_path / f"{name}.ledger" for name in GATEWAYS]
    summaries = load_while(brokers, ledgers, lambda: resize(replica_set, committed))
    for summary in summaries:
        print(summary)
        assert_nothing_noticed(summary)

    for broker, summary in zip(brokers, summaries):
        broker.stop()
        balance = logged_balances(broker)[-1]
        assert (balance["stored"], balance["pending"]) == (summary["acknowledged"], 0)
    database = ["--mongo-uri", committed.uri, "--database", committed.name]
    assert mongo_store.succeed("audit", *database, *ledgers).endswith("passed\n")
    committed.close()
