# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The power is lost, or the disk fails: acknowledged messages are stored once, as promised."""

import re
import shutil
import time
from collections import Counter

import pytest

from support.balance import logged_balances
from support.mqtt import Client, reading
from support.port import HOST, free_port
from support.power_loss import NOTHING_KEPT, PowerLoss
from support.publisher import Publisher
from support.waiting import eventually, stays

SEEDS = range(10)


def away(database):
    """The plugin's options that lead to no server, but name the same database."""
    uri = f"mongodb://{HOST}:{free_port()}/"
    return {**database.options, "mongo_uri": uri, "shutdown_drain_ms": 0}


def values_of(database):
    return Counter(document["value"] for document in database.devices.find())


def assert_stored_once(found, publisher, sent_again):
    """found: how many times each value is stored. sent_again: the values that had no answer at a
    kill."""
    assert set(found) == set(publisher.values()), "lost, though acknowledged"
    doubled = {value for value, times in found.items() if times > 1}
    assert doubled <= sent_again, "stored twice, though sent once"


def deliver(make_broker, database, journal_dir):
    """Starts a broker with the normal plugin on that journal, and returns the values that it
    delivers."""
    database.devices.drop()
    broker = make_broker({**database.options, "journal_dir": journal_dir}).start()
    broker.stop()  # delivers what is pending
    assert logged_balances(broker)[-1]["pending"] == 0
    return values_of(database)


def deliver_after_power_loss(make_broker, database, disk, seed, folder):
    found = deliver(make_broker, database, disk.compose(seed, folder / f"after_{seed}"))
    assert all(times == 1 for times in found.values()), f"stored twice, seed {seed}"
    return set(found)


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("file_system", ["ext4", "btrfs"])
def test_with_always_a_power_loss_takes_nothing_that_was_acknowledged(
    make_broker, database, tmp_path, file_system
):
    broker = make_broker({**away(database), "journal_sync": "always"})
    disk = PowerLoss(broker, file_system)
    broker.start()
    with Publisher(broker) as publisher:
        eventually(lambda: publisher.acknowledged_count() >= 300, 60)
        broker.kill()
        acknowledged = set(publisher.values()) - publisher.unacknowledged()
        publisher.end()
    for seed in SEEDS:
        found = deliver_after_power_loss(make_broker, database, disk, seed, tmp_path)
        assert acknowledged <= found, f"lost, though acknowledged, seed {seed}"
        assert found <= set(publisher.values())


def test_with_an_interval_a_power_loss_takes_at_most_the_last_of_it(
    make_broker, database, tmp_path
):
    interval_s = 0.5
    one_synchronisation_s = 2.5  # for a busy machine
    broker = make_broker({**away(database), "journal_sync": f"{int(interval_s * 1000)}ms"})
    disk = PowerLoss(broker)
    broker.start()
    acknowledged_at = {}
    start = time.monotonic()
    with Client(broker) as client:
        while time.monotonic() < start + 2 * (interval_s + one_synchronisation_s):
            value = len(acknowledged_at)
            client.publish("device/d", reading("d", value))
            acknowledged_at[value] = time.monotonic()
        broker.kill()
        end = time.monotonic()
    old = {value for value, at in acknowledged_at.items()
           if at < end - interval_s - one_synchronisation_s}
    assert len(old) > 20
    for seed in SEEDS:
        found = deliver_after_power_loss(make_broker, database, disk, seed, tmp_path)
        assert old <= found, f"lost, though synchronised, seed {seed}"
        assert found <= set(acknowledged_at)


@pytest.mark.light
def test_power_losses_under_load_lose_and_double_nothing_with_always(make_broker, database):
    broker = make_broker({**database.options, "journal_sync": "always"})
    disk = PowerLoss(broker)
    broker.start()
    sent_again = set()
    with Publisher(broker) as publisher:
        for seed in range(6):
            more = publisher.acknowledged_count() + 150
            eventually(lambda: publisher.acknowledged_count() >= more, 60)
            disk.lose_power(seed)
            sent_again |= publisher.unacknowledged()
            broker.start()
        publisher.end()
        eventually(lambda: not publisher.unacknowledged(), 60)
    broker.stop()
    assert_stored_once(values_of(database), publisher, sent_again)


class LargePublisher(Publisher):
    """A few of its readings fill a segment."""

    PAUSE_S = 0.05
    BURST = 1
    MORE = {"x": "x" * 500_000}


# At the creation of a segment, at a checkpoint, and at the removal of a segment.
@pytest.mark.parametrize(
    "call",
    [
        "allocate .new", "write .new", "sync .new", "rename .segment", "sync_directory *",
        "write /checkpoint", "sync /checkpoint", "unlink .segment", "map_sync .segment",
    ],
)  # fmt: skip
def test_a_power_loss_at_that_call_takes_nothing_that_was_acknowledged(make_broker, database, call):
    broker = make_broker({**database.options, "journal_sync": "always"})
    disk = PowerLoss(broker)
    broker.start()
    sent_again = set()
    with LargePublisher(broker) as publisher:
        for seed in [NOTHING_KEPT, 4, 5]:
            more = publisher.acknowledged_count() + 5
            eventually(lambda: publisher.acknowledged_count() >= more, 60)
            disk.fail(f"{call} KILL")
            eventually(lambda: not broker.child.is_running(), 60)
            disk.lose_power(seed)
            sent_again |= publisher.unacknowledged()
            broker.start()
        publisher.end()
        eventually(lambda: not publisher.unacknowledged(), 60)
    broker.stop()
    assert_stored_once(values_of(database), publisher, sent_again)


@pytest.mark.light
@pytest.mark.parametrize(
    "file_system, fault",
    [("ext4", "allocate .new ENOSPC"), ("btrfs", "allocate .new ENOSPC"),
     ("ext4", "map .segment EIO"), ("ext4", "create .new EIO"), ("ext4", "sync .new EIO"),
     ("ext4", "rename .segment EIO"), ("ext4", "sync_directory 0001 EIO")],
)  # fmt: skip
def test_without_room_at_the_start_nothing_is_acknowledged_until_there_is(
    make_broker, database, file_system, fault
):
    broker = make_broker(database.options)
    disk = PowerLoss(broker, file_system)
    disk.fail(fault)
    broker.start()
    with Client(broker, client_id="steady", clean=False) as client:
        client.paho.reconnect_delay_set(1, 1)
        sent = client.send("device/d", reading("d", 1))
        eventually(lambda: "QoS 1 and 2 are refused" in broker.log, 60)
        stays(lambda: not sent.is_published(), 1)
        disk.fail()
        eventually(sent.is_published, 60)
    eventually(lambda: "journal: messages are accepted again" in broker.log)
    broker.stop()
    assert values_of(database) == {1: 1}
    balance = logged_balances(broker)[-1]
    assert balance["refused"] > 0 and balance["appended"] == balance["stored"] == 1


@pytest.mark.smoke
@pytest.mark.light
def test_a_disk_that_fills_up_later_costs_nothing_that_was_acknowledged(make_broker, database):
    broker = make_broker(database.options)
    disk = PowerLoss(broker)
    broker.start()
    with LargePublisher(broker) as publisher:
        disk.fail("allocate .new ENOSPC")
        eventually(lambda: "journal: no room on the disk" in broker.log, 60)
        eventually(publisher.unacknowledged)
        disk.fail()
        eventually(lambda: "journal: messages are accepted again" in broker.log, 60)
        publisher.end()
        eventually(lambda: not publisher.unacknowledged(), 60)
    broker.stop()
    found = values_of(database)
    assert set(found) == set(publisher.values())
    balance = logged_balances(broker)[-1]
    assert balance["refused"] > 0
    assert balance["appended"] == balance["stored"] == found.total()


@pytest.mark.smoke
@pytest.mark.light
@pytest.mark.parametrize("error", ["SHORT", "ENOSPC", "EIO"])
def test_a_write_that_fails_is_not_acknowledged_and_leaves_no_trace(make_broker, database, error):
    broker = make_broker(database.options)
    disk = PowerLoss(broker, "btrfs")
    broker.start()
    with Client(broker, client_id="steady", clean=False) as client:
        client.paho.reconnect_delay_set(1, 1)
        client.publish("device/d", reading("d", 0))
        disk.fail(f"write .segment {error}")
        sent = client.send("device/d", reading("d", 1))
        stays(lambda: not sent.is_published(), 2)
        disk.fail()
        eventually(sent.is_published, 60)
        client.publish("device/d", reading("d", 2))
    broker.stop()
    assert values_of(database) == {0: 1, 1: 1, 2: 1}
    balance = logged_balances(broker)[-1]
    assert balance["refused"] > 0 and balance["dead_lettered"] == 0


def test_with_always_what_could_not_be_synchronised_is_not_acknowledged(
    make_broker, database, tmp_path
):
    broker = make_broker({**away(database), "journal_sync": "always"})
    disk = PowerLoss(broker)
    broker.start()
    with Client(broker, client_id="steady", clean=False) as client:
        client.paho.reconnect_delay_set(1, 1)
        client.publish("device/d", reading("d", 0))
        disk.fail("map_sync .segment EIO 1 3")  # the record's, and that of wiping its place
        client.publish("device/d", reading("d", 1))  # sent again, twice
        client.publish("device/d", reading("d", 2))
    broker.kill()
    for seed in SEEDS:
        found = deliver_after_power_loss(make_broker, database, disk, seed, tmp_path)
        assert found == {0, 1, 2}, f"seed {seed}"


@pytest.mark.light
def test_what_could_not_be_synchronised_is_never_taken_for_durable(
    make_broker, database, tmp_path
):
    broker = make_broker(away(database))
    disk = PowerLoss(broker)
    broker.start()

    def publish(values):
        for value in values:
            client.publish("device/d", reading("d", value, mark=f"mark-{value}"))

    def await_durable(value):
        eventually(lambda: disk.is_durable(b"mark-%d\"" % value))

    with Client(broker) as client:
        publish(range(5))
        await_durable(4)
        disk.fail("map_sync .segment EIO 1 1")
        publish(range(5, 8))
        alarm = r"a power loss can lose records from sequence number (\d+) on"
        named = eventually(lambda: re.search(alarm, broker.log)).group(1)
        # If the one before it was synchronised together with the record that was being appended, it
        # may be named.
        assert named in ("5", "6")
        publish(range(8, 11))  # perhaps some of them before it closed the segment
        await_durable(10)
        stays(lambda: not disk.is_durable(b"mark-5\""), 1)
    broker.kill()
    assert broker.log.count("a power loss can lose records") == 1
    assert deliver(make_broker, database, shutil.copytree(broker.journal_dir, tmp_path / "kept")) == {
        value: 1 for value in range(11)
    }, "delivery goes on"
    found = deliver_after_power_loss(make_broker, database, disk, NOTHING_KEPT, tmp_path)
    assert {*range(5), *range(8, 11)} <= found and 5 not in found


@pytest.mark.light
def test_a_network_file_system_is_refused(make_broker, database):
    broker = make_broker(database.options)
    PowerLoss(broker, "nfs")
    assert "is on a network file system (nfs)" in broker.refused_start()


@pytest.mark.light
@pytest.mark.parametrize("file_system", ["tmpfs", "overlayfs"])
def test_a_file_system_that_may_not_outlive_the_machine_is_warned_of(
    make_broker, database, file_system
):
    broker = make_broker(database.options)
    PowerLoss(broker, file_system)
    broker.start()
    warning = f"is on {file_system}, which may not outlive this machine or container"
    assert warning in broker.log
    with Client(broker) as client:
        client.publish("device/d", reading("d", 1))
    broker.stop()
    assert values_of(database) == {1: 1}


@pytest.mark.light
@pytest.mark.parametrize("file_system, is_mapped", [("ext4", True), ("btrfs", False)])
def test_only_where_allocation_is_a_promise_it_is_appended_to_a_map(
    make_broker, database, file_system, is_mapped
):
    broker = make_broker(away(database))
    PowerLoss(broker, file_system)
    broker.start()
    with Client(broker) as client:
        client.publish("device/d", reading("d", 1))
    maps = open(f"/proc/{broker.child.pid}/maps").read()
    assert (".segment" in maps) == is_mapped
    broker.kill()
    assert deliver(make_broker, database, broker.journal_dir) == {1: 1}
