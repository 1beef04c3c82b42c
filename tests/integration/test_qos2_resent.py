# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A QoS 2 publish whose PUBREC is lost is sent again with DUP, delivered once, and stored as
message_id says: Mosquitto passes it to plugins twice, and they can't tell the two apart."""

import struct

import pytest
from support.mqtt import Client, await_balance, reading
from support.raw_mqtt import RawClient
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

_PUBREC, _PUBREL, _PUBCOMP = 0x50, 0x62, 0x70
_QOS_2, _DUP = 2 << 1, 8
PACKET_ID = 7
NOTICE = "message_id: a QoS 2 message arrived, but message_id is off"


def exchange(client, packet, expected):
    client.send(packet)
    first_byte, body = client.receive()
    assert (first_byte, body[:2]) == (expected, struct.pack(">H", PACKET_ID))


def publish_twice(broker, topic, payload):
    """PUBLISH, PUBREC, the same PUBLISH with DUP, PUBREC, PUBREL, PUBCOMP."""
    packet = RawClient.publish_packet(topic, payload, PACKET_ID)[1:]
    first, again = (bytes([0x30 | _QOS_2 | dup]) + packet for dup in (0, _DUP))
    with RawClient(broker, username=b"device") as client:
        exchange(client, first, _PUBREC)
        exchange(client, again, _PUBREC)
        exchange(client, struct.pack(">BBH", _PUBREL, 2, PACKET_ID), _PUBCOMP)


@pytest.mark.light
@pytest.mark.parametrize("message_id, documents", [("off", 2), ("payload:seq", 1)])
def test_a_resent_qos_2_publish(make_broker, database, message_id, documents):
    broker = make_broker({**database.options, "message_id": message_id}).start()
    with Client(broker) as subscriber:
        subscriber.subscribe("device/#")
        publish_twice(broker, b"device/device-1", reading(seq="b81c-1").encode())
        subscriber.received(1)
        await_balance(broker, received=2, stored=documents, duplicates=2 - documents, pending=0)
        stays(lambda: len(subscriber.messages) == 1, 0.3)
    assert database.devices.count_documents({}) == documents
    if message_id == "off":
        eventually(lambda: NOTICE in broker.log)
    broker.stop()
    assert broker.log.count(NOTICE) == documents - 1
