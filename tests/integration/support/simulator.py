# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""What tests of device-sim itself need: a stock Mosquitto that logs each packet, a simulator beside
it, and what it said in the end. A test module imports the fixtures that it uses."""

import contextlib
import getpass
import json
import re
import socket
import subprocess
import threading
import time
from collections import defaultdict, namedtuple

import paho.mqtt.client as mqtt
import pytest

from support import build_tree

BINARY = build_tree.DEVICE_SIM
DEADLINE_S = 60


def wait_until(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A stock Mosquitto on its own port that logs each packet to a file."""

    def __init__(self, folder, *, persistence=False, password_file=None, connections=-1):
        self.port = free_port()
        self.log = folder / "broker.log"
        self.config = folder / "mosquitto.conf"
        self.process = None
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"user {getpass.getuser()}",
            "log_dest stderr",
            "log_type all",
            "sys_interval 1",
            f"allow_anonymous {'false' if password_file else 'true'}",
            f"persistence {'true' if persistence else 'false'}",
            f"persistence_location {folder}/",
            f"max_connections {connections}",
        ]
        if password_file:
            lines.append(f"password_file {password_file}")
        self.config.write_text("\n".join(lines) + "\n")

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["mosquitto", "-c", str(self.config)], stdout=log, stderr=log
            )
        wait_until(self.is_listening, "the broker listens")

    def is_listening(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def acknowledged(self):
        """The packet ids that the broker acknowledged, by client id (rc16: no subscriber)."""
        pairs = re.findall(r"Sending PUBACK to (\S+) \(m(\d+), rc(?:0|16)\)", self.log.read_text())
        mids = defaultdict(set)
        for client, mid in pairs:
            mids[client].add(int(mid))
        return mids


@pytest.fixture(name="new_broker")
def fixture_new_broker(tmp_path):
    brokers = []

    def make(**settings):
        brokers.append(Broker(tmp_path, **settings))
        return brokers[-1]

    yield make
    for broker in brokers:
        if broker.process is not None:
            broker.kill()


@pytest.fixture(name="broker")
def fixture_broker(new_broker):
    broker = new_broker()
    broker.start()
    return broker


@pytest.fixture(name="start_sim")
def fixture_start_sim():
    started = []

    def start(port, *flags, **settings):
        command = [str(BINARY), "-b", "127.0.0.1", "-p", str(port), *map(str, flags)]
        started.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


Run = namedtuple("Run", "status summary stderr")


def finish(process, deadline_s=DEADLINE_S):
    """Waits for the end; standard output must be one JSON object and nothing else."""
    stdout, stderr = process.communicate(timeout=deadline_s)
    assert stdout.count("\n") == 1, stdout
    return Run(process.returncode, json.loads(stdout), stderr)


class Subscriber:
    """Keeps what arrives on a topic."""

    def __init__(self, port, topic="device/#"):
        self.messages = []
        self.client = mqtt.Client()
        self.client.on_message = lambda _client, _data, message: self.messages.append(message)
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(topic, 2)
        self.client.loop_start()
        assert ready.wait(DEADLINE_S)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(name="subscriber")
def fixture_subscriber(broker):
    subscriber = Subscriber(broker.port)
    yield subscriber
    subscriber.close()
