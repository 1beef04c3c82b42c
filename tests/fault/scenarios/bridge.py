# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""At each reconnect, a bridge delivers another broker's retained messages again."""

from fleet import Fleet
from support.balance import logged_balances
from support.broker import Broker
from support.mqtt import Client, reading
from support.waiting import eventually
from world import World

_RETAINED = 20


class _BridgedWorld(World):
    """The broker gets device/# from another one, which retains a reading of each of twenty devices."""

    def __init__(self, folder, seed):
        super().__init__(folder, seed, options={"retained": "skip_bridged"}, rate=0.02)
        where = folder / "upstream"
        config = f"persistence true\npersistence_location {where}/"
        self.upstream = Broker(where, config=config)
        self._closing.callback(self.upstream.kill)

    def start(self):
        self.upstream.start()
        with Client(self.upstream) as client:
            for number in range(_RETAINED):
                device = f"retained-{number}"
                client.publish(f"device/{device}", reading(device, number), retain=True)
        self.broker.config = "\n".join([
            "connection upstream",
            f"address {self.upstream.host}:{self.upstream.port}",
            "topic device/# in 1",
            "topic probe/# in 0",
            "cleansession false",
            "restart_timeout 1",
            "try_private false",
        ])
        super().start()

    def restart_killed_broker(self):
        self.broker.kill()
        self.broker.start()

    def make_fleets(self):
        """One of the fleets sends over the bridge."""
        bridged = Fleet(self.folder, "bridged", self.upstream, qos=1, devices=3, **self._load)
        return [bridged, *super().make_fleets()]


def make_world(folder, seed):
    return _BridgedWorld(folder, seed)


def _await_readings_of(world, fleet):
    """Waits until each reading that the other broker acknowledged is stored."""
    fleet.end()
    sent = fleet.acknowledged()
    devices = list({device for device, _ in sent})
    count = lambda: world.database.devices.count_documents({"deviceUID": {"$in": devices}})
    eventually(lambda: count() >= len(sent), 60, what="the bridge doesn't bring all readings")


def _await_bridge(world, probe):
    """Waits until the bridge is connected. Retained messages arrive before the probe."""
    topic = f"probe/{probe}"
    with Client(world.upstream) as sender, Client(world.broker) as receiver:
        receiver.subscribe(topic)
        is_through = lambda: sender.publish(topic, "", qos=0) or receiver.messages
        eventually(is_through, 30, 0.1, what="the bridge doesn't connect")


def reconnects(world):
    """A bridge reconnects, three times, because the broker at one of its ends has ended."""
    _await_bridge(world, "first")
    world.run_for(0.3, 1)
    _await_readings_of(world, world.fleets[0])
    for restart in (world.upstream.restart, world.broker.restart, world.restart_killed_broker):
        restart()
        _await_bridge(world, restart.__name__)
        world.run_for(0.3, 1)
    ignored = max(balance["ignored"] for balance in logged_balances(world.broker))
    assert ignored >= _RETAINED, f"the bridge brought {ignored} retained readings"
