# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Journals of brokers that come and go are used by the next broker, or delivered by the tool."""

import pytest

from support.fleet import Fleet
from support.orphan import Orphan
from support.waiting import eventually

JOURNALS = "/var/lib/mosquitto/mongo-store"
STORED_S = 60
MESSAGES = 40
IN_USE = 1  # exit codes of mongo-store journal deliver
DEVICES = 3


@pytest.fixture
def fleet(platform):
    fleet = Fleet(platform, rate=0.02, devices=DEVICES, qos=1)
    yield fleet
    fleet.remove()


def taken(broker):
    return broker.journals_taken()[-1][0]


def test_a_new_broker_takes_up_what_an_ended_one_left(platform, fleet):
    platform.scale(broker=2, device=0)
    first, second = platform.brokers()
    assert {taken(first), taken(second)} == {f"{JOURNALS}/0001", f"{JOURNALS}/0002"}

    fleet.start()
    both = {first.gateway_id, second.gateway_id}
    eventually(lambda: platform.distinct("gatewayID") == both, STORED_S)
    left = taken(second)
    second.part_from("back")
    least = fleet.acknowledged() + MESSAGES
    eventually(lambda: fleet.acknowledged() >= least, STORED_S)
    second.kill()
    gateway = second.gateway_id
    second.remove()

    def of_ended():
        return platform.devices.count_documents({"gatewayID": gateway})

    stored_before = of_ended()

    platform.scale(broker=2, device=0)
    _, new = platform.brokers()
    assert new.gateway_id not in both
    [(journal, pending)] = new.journals_taken()
    assert journal == left and pending > 0
    fleet.end()
    platform.assert_audit_passes()
    # The new documents have the gateway id of the broker that ended, not of the new broker.
    assert of_ended() > stored_before


@pytest.fixture
def orphan(platform):
    """A broker on its own volume that has never reached the database."""
    orphan = Orphan(platform).start()
    yield orphan
    orphan.close()


def test_a_journal_whose_broker_never_comes_back_is_delivered_by_the_tool(platform, fleet, orphan):
    fleet.start(broker=orphan.name)
    eventually(lambda: fleet.acknowledged() >= MESSAGES, STORED_S)

    refused = orphan.deliver(accepted=(IN_USE,))
    assert "in use by a broker" in refused, refused

    orphan.kill()
    fleet.end()
    assert platform.devices.count_documents({}) == 0
    first = orphan.deliver()
    assert ", left 0" in first, first
    stored = platform.devices.count_documents({})
    assert stored >= MESSAGES
    again = orphan.deliver()
    assert ": read 0, " in again, again
    assert platform.devices.count_documents({}) == stored
    platform.scale(broker=1, device=0)
    platform.assert_audit_passes()
