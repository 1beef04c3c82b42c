# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""docs/migrating.md, step by step, with the program that it prints."""

import collections
import datetime
import pathlib
import re
import subprocess
import sys
import threading
import time

import pytest

from support import build_tree
from support.balance import logged_balances
from support.child import Child
from support.mqtt import Client, reading
from support.waiting import eventually, stays

ROOT = pathlib.Path(__file__).resolve().parents[2]
GATEWAY = ROOT / "tests/integration/support/python_gateway.py"
DOCUMENT = ROOT / "docs/migrating.md"


class Device(threading.Thread):
    """Publishes a counter continuously, through every restart of the broker."""

    def __init__(self, broker):
        super().__init__()
        self._broker = broker
        self._ended = threading.Event()
        self.publishes = threading.Event()
        self.publishes.set()
        self.sent = []
        self._acknowledged = set()  # identifiers of packets

    def run(self):
        with Client(self._broker, client_id="device-1", clean=False) as client:
            client.paho.on_publish = lambda _client, _userdata, mid: self._acknowledged.add(mid)
            while not self._ended.wait(0.02):
                self.publishes.wait()
                self.sent.append(client.send("device/1", reading("device-1", len(self.sent))))
            eventually(lambda: not self.unacknowledged(), 60)

    def unacknowledged(self):
        return {n for n, sent in enumerate(self.sent) if sent.mid not in self._acknowledged}

    def end(self):
        self._ended.set()
        self.join()


class Gateway(Child):
    def __init__(self, broker, database, folder):
        self._broker = broker
        super().__init__(
            [sys.executable, GATEWAY, broker.host, broker.port, database.uri, database.name, "devices"],
            folder / "gateway.log",
            build_tree.clean_environment(),
        )

    def start(self):
        """Returns once it receives new messages."""
        before = len(self._broker.log)
        super().start()
        self.await_subscription(before)

    def await_subscription(self, before):
        eventually(lambda: "device/# (QoS 1)" in self._broker.log[before:], 60)


@pytest.fixture
def compare(database, tmp_path):
    """compare(begin, end, …) runs the document's compare.py and returns what it printed."""
    program = tmp_path / "compare.py"
    [source] = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    program.write_text(source)

    def run(begin, end, *more):
        times = [time.replace(tzinfo=None).isoformat() for time in (begin, end)]
        collections_ = ["devices", "devices_trial"]
        done = subprocess.run(
            [sys.executable, program, database.uri, database.name, *collections_, *times, *more],
            capture_output=True, text=True, timeout=60, check=True,
        )
        return done.stdout

    return run


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def values(documents):
    return collections.Counter(document["value"] for document in documents.find())


@pytest.fixture
def move(make_broker, database, tmp_path):
    """The broker without the plugin, the gateway and the device, all running."""
    moving = Moving(make_broker(None).start(), database, tmp_path)
    yield moving
    moving.device.publishes.set()
    moving.device.end()
    moving.gateway.stop()


class Moving:
    def __init__(self, broker, database, folder):
        self.broker = broker
        self.database = database
        self.resent = set()  # messages without a PUBACK at the stop, which the device resends
        self.gateway = Gateway(broker, database, folder)
        self.gateway.start()
        self.device = Device(broker)
        self.device.start()

    def stop_broker(self):
        self.broker.stop()
        self.resent |= self.device.unacknowledged()

    def start_broker(self, options):
        self.broker.options = options
        self.broker.start()

    def quiet_time(self):
        """A time when the gateway has written all messages of a stopped broker and none is on its
        way."""
        count = -1
        while count != (count := self.database.devices.count_documents({})):
            stays(lambda: self.gateway.is_running(), 2)
        quiet = now()
        time.sleep(2)
        return quiet

    def pause(self):
        """A time when both collections have all messages that were published before it."""
        self.device.publishes.clear()
        eventually(lambda: not self.device.unacknowledged(), 60)
        time.sleep(2)
        pause = now()
        self.device.publishes.set()
        return pause

    def await_more(self, collection):
        """Waits for fifty more documents."""
        documents = self.database.collection(collection)
        count = documents.count_documents({}) + 50
        eventually(lambda: documents.count_documents({}) >= count, 60)


def test_a_fleet_moves_from_a_gateway_to_the_plugin_and_back(move, database, compare):
    move.await_more("devices")

    # 1. Side by side. The gateway loses messages that arrive while it is away.
    move.stop_broker()
    start = move.quiet_time()
    before = len(move.broker.log)
    move.start_broker({**database.options, "collection": "devices_trial"})
    move.gateway.await_subscription(before)
    move.await_more("devices_trial")
    begin = move.pause()
    move.gateway.stop()
    move.await_more("devices_trial")
    move.gateway.start()
    move.await_more("devices")
    end = move.pause()

    # 2. Compare.
    said = compare(begin, end)
    assert "only in the old one: 0" in said
    assert int(re.search(r"only in the new one: (\d+)", said)[1]) >= 50

    # 3. Switch over.
    move.stop_broker()
    end = move.quiet_time()
    move.gateway.stop()
    move.start_broker(database.options)
    move.await_more("devices")
    lost = values(database.collection("devices_trial")).keys() - values(database.devices).keys()
    assert len(lost) >= 50
    assert f"copied: {len(lost)}\n" in compare(start, end, "copy")
    assert "copied: 0\n" in compare(start, end, "copy")

    # 4. Back again. The device waits for the gateway, which would miss earlier messages.
    move.device.publishes.clear()
    move.stop_broker()
    assert logged_balances(move.broker)[-1]["pending"] == 0
    move.start_broker(None)
    move.gateway.start()
    move.device.publishes.set()
    move.await_more("devices")

    move.device.end()
    eventually(lambda: len(values(database.devices)) == len(move.device.sent), 60)
    doubled = {value for value, count in values(database.devices).items() if count > 1}
    assert doubled <= move.resent


NOON = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.timezone.utc)


def at(seconds):
    return NOON + datetime.timedelta(seconds=seconds)


def insert(documents, *messages):
    """messages: (seconds past noon, device, value) each."""
    for seconds, device, value in messages:
        documents.insert_one({"date": at(seconds), "deviceUID": device, "value": value})


def dates(documents):
    return sorted((document["date"] - NOON).total_seconds() for document in documents.find())


def test_the_copy_is_the_message_that_was_lost_among_equal_ones(database, compare):
    insert(database.collection("devices_trial"), (600, "a", 21), (610, "a", 21), (620, "a", 21))
    insert(database.devices, (600.005, "a", 21), (620.005, "a", 21), (4200, "a", 21))  # after END
    assert "copied: 1\n" in compare(at(0), at(3600), "copy")
    assert dates(database.devices) == [600.005, 610, 620.005, 4200]


def test_documents_are_paired_by_device_value_and_date(database, compare):
    insert(
        database.devices,
        (0, "only old", 1), (3, "type", 1), (5, "object", {"x": 1, "y": 2}), (50, "late", 1),
        (100, "too late", 1), (4, "twice", 5), (4.1, "twice", 5), (-0.5, "early", 1),
    )
    insert(
        database.collection("devices_trial"),
        (10, "only new", 1), (3, "type", 1.0), (5, "object", {"x": 1, "y": 2}), (0, "late", 1),
        (0, "too late", 1), (4, "twice", 5), (0, "early", 1),
    )
    said = compare(at(-3600), at(3600))
    old, new = said.split("only in the new one: ")
    listed = [re.findall(r"^  \S+ \S+  ([a-z ]+)  \S+$", part, re.MULTILINE) for part in (old, new)]
    assert listed == [
        ["only old", "type", "twice", "too late"],
        ["too late", "type", "only new"],
    ]


@pytest.mark.parametrize("seconds", [-0.9, 0.1, 3599.5, 3600.5])
def test_nothing_is_copied_across_an_edge(database, compare, seconds):
    insert(database.collection("devices_trial"), (1800, "a", 1), (seconds, "a", 2))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        compare(at(0), at(3600), "copy")
    assert "nothing is copied" in refused.value.stderr
    assert database.devices.count_documents({}) == 0
