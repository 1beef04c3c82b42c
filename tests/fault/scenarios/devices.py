# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Faults between the devices and the broker."""

import time

from fleet import Fleet
from support.proxy import Proxy, read_mqtt
from world import World

_PUBLISH = 3
_CUT_FOR_S = 3


class _QosTwoWorld(World):
    """QoS 2 devices, whose messages have ids, connect through a proxy."""

    def make_fleets(self):
        self.proxy = Proxy(self.broker.host, self.broker.port, read=read_mqtt).start()
        self._closing.callback(self.proxy.stop)
        return [
            Fleet(self.folder, f"mqtt{protocol}", self.proxy, protocol=protocol, **self._load)
            for protocol in ("3.1.1", "5")
        ]


def make_world(folder, seed):
    return _QosTwoWorld(folder, seed, has_message_ids=True, qos=2, devices=6)


def _is_publish(packet):
    return packet[0] >> 4 == _PUBLISH


def resent(world):
    """One in fifty PUBRECs is lost, and the device sends its QoS 2 message again."""
    proxy = world.proxy
    world.run_for(0.2, 0.5)
    proxy.cut_after = lambda packet: _is_publish(packet) and world.random.random() < 0.02
    end = time.monotonic() + _CUT_FOR_S
    while time.monotonic() < end:
        world.run_for(0.3, 0.8)
        proxy.cut_all()
    proxy.cut_after = lambda packet: False
    world.run_for(0.3, 1)
    assert proxy.cuts > 0, "no PUBREC was lost"
