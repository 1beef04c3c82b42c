# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Two brokers behind the virtual IP, under load, and faults of one of them. Devices give their messages
ids, so each message must become one document, even if it was sent again through the other broker."""

import pytest

from support.fleet import Fleet
from support.waiting import eventually, stays

# A device whose connection isn't closed notices a fault only after 60 s, twice its keep-alive. This is less.
COMES_BACK_S = 45
RATE_S = 0.02
DEVICES = 3  # of each fleet


@pytest.fixture
def fleets(platform):
    """Fleets of MQTT 3.1.1 with QoS 1 and MQTT 5 with QoS 2; both brokers store their messages."""
    platform.scale(broker=2, device=0)
    fleets = [
        Fleet(platform, rate=RATE_S, devices=DEVICES, qos=qos, protocol=protocol).start()
        for qos, protocol in ((1, "3.1.1"), (2, "5"))
    ]
    both = {broker.gateway_id for broker in platform.brokers()}
    eventually(lambda: platform.distinct("gatewayID") == both, COMES_BACK_S)
    yield fleets
    for fleet in fleets:
        fleet.remove()


def all_devices(fleets):
    return set().union(*(fleet.devices() for fleet in fleets))


def await_all_devices_at(platform, broker, fleets):
    def stored():
        return platform.distinct("deviceUID", gatewayID=broker.gateway_id)

    eventually(lambda: stored() == all_devices(fleets), COMES_BACK_S, 0.2, stored)


def await_acknowledged(fleets, count):
    """Waits until each fleet has `count` more acknowledgements than now."""
    for fleet in fleets:
        least = fleet.acknowledged() + count
        eventually(lambda: fleet.acknowledged() >= least, COMES_BACK_S, 0.2)


def assert_all_is_stored_once(platform, fleets):
    for fleet in fleets:
        fleet.end()
    found = platform.assert_audit_passes()
    assert found["devices"] == DEVICES * len(fleets)


def test_devices_of_a_killed_broker_come_to_the_other_and_its_journal_is_delivered(
    platform, fleets
):
    killed, other = platform.brokers()
    killed.part_from("back")  # so that records are certainly pending
    await_acknowledged(fleets, 50)
    killed.kill()
    await_all_devices_at(platform, other, fleets)

    killed.join("back")
    killed.start()
    platform.await_brokers(2)
    _, pending = killed.journals_taken()[-1]
    assert pending > 0
    assert_all_is_stored_once(platform, fleets)


def test_a_rolling_restart_loses_nothing(platform, fleets):
    for broker in platform.brokers():
        broker.stop()
        broker.start()
        platform.await_brokers(2)
        await_acknowledged(fleets, 50)
    assert_all_is_stored_once(platform, fleets)


def test_a_broker_that_is_scaled_away_delivers_what_it_holds_before(platform, fleets):
    stays_on, _ = platform.brokers()
    platform.scale(broker=1, device=0)
    await_all_devices_at(platform, stays_on, fleets)
    assert platform.brokers() == [stays_on]
    assert_all_is_stored_once(platform, fleets)


def test_brokers_without_their_database_go_on_and_deliver_afterwards(platform, fleets):
    brokers = platform.brokers()
    for broker in brokers:
        broker.part_from("back")
    await_acknowledged(fleets, 50)  # messages on their way to the database have arrived by then
    stored = platform.devices.count_documents({})
    await_acknowledged(fleets, 50)
    stays(lambda: platform.brokers_up() == 2)
    assert platform.devices.count_documents({}) == stored
    for broker in brokers:
        broker.join("back")
    assert_all_is_stored_once(platform, fleets)


def test_devices_of_a_broker_that_the_virtual_ip_cannot_reach_come_to_the_other(platform, fleets):
    parted, other = platform.brokers()
    parted.part_from("middle")
    await_all_devices_at(platform, other, fleets)
    parted.join("middle")
    platform.await_brokers(2)
    assert_all_is_stored_once(platform, fleets)


def test_devices_of_a_broker_that_hangs_come_to_the_other(platform, fleets):
    frozen, other = platform.brokers()
    frozen.freeze()
    await_all_devices_at(platform, other, fleets)
    frozen.thaw()
    platform.await_brokers(2)
    assert_all_is_stored_once(platform, fleets)
