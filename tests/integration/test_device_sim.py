# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim against a real Mosquitto, and against a scripted broker where every packet counts."""
import contextlib
import getpass
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from collections import Counter, defaultdict, namedtuple
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

BINARY = Path(os.environ["MONGO_STORE_BUILD_DIR"]) / "device-sim" / "device-sim"
DEADLINE_S = 60
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


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
    """A stock Mosquitto on a port of its own, that logs each packet to a file."""

    def __init__(self, folder, *, persistence=False, password_file=None):
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


def test_with_the_old_flags_it_is_one_device_like_the_old_one(broker, subscriber, start_sim):
    process = start_sim(broker.port, "-r", "0.05", "-q", "1")
    wait_until(lambda: len(subscriber.messages) >= 20, "20 messages")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, stderr) == (0, "")
    assert re.search(r"^devices +1$", stdout, re.M)
    assert len({message.topic for message in subscriber.messages}) == 1
    uuid = re.fullmatch(f"device/({UUID})", subscriber.messages[0].topic)[1]
    for message in subscriber.messages:
        expected = rf'\{{"uuid": "{uuid}", "value": (2[0-9]|30)\}}'
        assert re.fullmatch(expected, message.payload.decode())
        assert not message.retain
    # c0: clean session false.
    assert re.search(rf"as {uuid} \(p2, c0, k\d+\)", broker.log.read_text())


def test_values_are_spread_over_20_to_30(broker, subscriber, start_sim):
    run = finish(start_sim(broker.port, "-r", "0", "-q", "1", "--messages", "400", "--json"))
    assert run.status == 0
    wait_until(lambda: len(subscriber.messages) == 400, "400 messages")
    values = {json.loads(message.payload)["value"] for message in subscriber.messages}
    assert values == set(range(20, 31))


def test_rate_is_the_time_between_two_messages_of_a_device(broker, start_sim):
    begin = time.monotonic()
    run = finish(start_sim(broker.port, "-r", "0.2", "--messages", "6", "--json"))
    assert (run.status, run.summary["sent"]) == (0, 6)
    assert time.monotonic() - begin >= 5 * 0.2


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("protocol, shown", [("3.1", "p1"), ("3.1.1", "p2"), ("5", "p5")])
def test_each_qos_and_protocol(broker, subscriber, start_sim, qos, protocol, shown):
    flags = ["-r", "0.01", "-q", qos, "--protocol", protocol, "--messages", "10", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert (run.status, run.stderr) == (0, "")
    wait_until(lambda: len(subscriber.messages) >= 10, "10 messages")
    assert Counter(message.qos for message in subscriber.messages) == {qos: 10}
    assert f"({shown}, c0" in broker.log.read_text()
    assert (run.summary["latency_ms"] is None) == (qos == 0)


def test_each_of_many_devices_sends_its_messages_exactly(broker, subscriber, start_sim):
    flags = ["-r", "0.01", "-q", "1", "--devices", "40", "--messages", "25", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert (run.status, run.stderr) == (0, "")
    wait_until(lambda: len(subscriber.messages) >= 1000, "1000 messages")
    counts = Counter(json.loads(message.payload)["uuid"] for message in subscriber.messages)
    assert len(counts) == 40 and set(counts.values()) == {25}
    latency = run.summary.pop("latency_ms")
    assert 0 < latency["p50"] <= latency["p99"] <= latency["max"]
    assert run.summary.pop("rate") > 0
    assert run.summary == {
        "devices": 40, "sent": 1000, "acknowledged": 1000, "unacknowledged": 0, "reconnects": 0,
    }  # fmt: skip


def test_duration_ends_the_run(broker, start_sim):
    run = finish(start_sim(broker.port, "-r", "0.1", "--duration", "1", "--json"))
    assert run.status == 0
    assert 1 <= run.summary["sent"] <= 11


def test_more_devices_than_a_select_loop_could_serve(broker, start_sim):
    soft_limit = lambda: resource.setrlimit(  # noqa: E731
        resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    flags = ["-r", "0.1", "-q", "1", "--devices", "400", "--messages", "3", "--json"]
    run = finish(start_sim(broker.port, *flags, preexec_fn=soft_limit))
    assert (run.status, run.summary["acknowledged"]) == (0, 1200)


def test_devices_that_do_not_fit_the_hard_limit_are_refused(start_sim):
    hard_limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))  # noqa: E731
    process = start_sim(1, "--devices", "29", preexec_fn=hard_limit)
    stdout, stderr = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, stdout, stderr.count("\n")) == (64, "", 1)
    assert "--devices '29'" in stderr and "at most 28" in stderr


def sessions_without_client(port):
    """What the broker says, after it has counted anew, of sessions whose client is away."""
    subscriber = Subscriber(port, "$SYS/broker/clients/disconnected")
    ticks = Subscriber(port, "$SYS/broker/uptime")
    try:
        wait_until(lambda: len(ticks.messages) >= 4, "the broker counts its clients")
        return int(subscriber.messages[-1].payload)
    finally:
        ticks.close()
        subscriber.close()


@pytest.mark.parametrize("protocol", ["3.1", "3.1.1", "5"])
@pytest.mark.parametrize("end", ["messages", "signal", "kill"])
def test_only_a_killed_simulator_leaves_sessions_behind(broker, start_sim, protocol, end):
    messages = 5 if end == "messages" else 0
    flags = ["-r", "0.02", "-q", "1", "--devices", "3", "--messages", messages, "--json"]
    process = start_sim(broker.port, *flags, "--protocol", protocol)
    if end != "messages":
        wait_until(lambda: len(broker.acknowledged()) == 3, "all devices at work")
        process.send_signal(signal.SIGINT if end == "signal" else signal.SIGKILL)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == (-signal.SIGKILL if end == "kill" else 0)
    assert sessions_without_client(broker.port) == (3 if end == "kill" else 0)


@pytest.mark.parametrize("persistence", [False, True])
@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_each_message_arrives_though_the_broker_is_killed(
    new_broker, start_sim, persistence, protocol
):
    broker = new_broker(persistence=persistence)
    broker.start()
    flags = ["-r", "0.01", "-q", "1", "--devices", "5", "--messages", "200", "--json"]
    process = start_sim(broker.port, *flags, "--protocol", protocol)
    wait_until(lambda: sum(map(len, broker.acknowledged().values())) > 200, "a load")
    broker.kill()
    time.sleep(1)
    broker.start()
    run = finish(process)
    assert (run.status, run.summary["sent"], run.summary["acknowledged"]) == (0, 1000, 1000)
    assert run.summary["reconnects"] == 5
    acknowledged = broker.acknowledged()
    assert len(acknowledged) == 5
    assert all(mids == set(range(1, 201)) for mids in acknowledged.values())
    lost, regained = run.stderr.splitlines()
    assert f"no connection to 127.0.0.1:{broker.port}: " in lost
    assert f"connected to 127.0.0.1:{broker.port}, after" in regained
    assert sessions_without_client(broker.port) == 0


def test_a_broker_that_comes_later_is_waited_for(new_broker, start_sim):
    broker = new_broker()
    process = start_sim(broker.port, "-r", "0.01", "--messages", "3", "-q", "2", "--json")
    time.sleep(1)
    broker.start()
    run = finish(process)
    assert (run.status, run.summary["sent"], run.summary["reconnects"]) == (0, 3, 0)
    assert "Connection refused; trying again" in run.stderr.splitlines()[0]


def test_without_any_connection_a_signal_ends_it_with_an_error(start_sim):
    process = start_sim(free_port(), "--json")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    run = finish(process, 5)
    assert (run.status, run.summary["sent"]) == (1, 0)


@pytest.fixture(name="locked_broker")
def fixture_locked_broker(new_broker, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "fleet", "correct-horse"], check=True)
    broker = new_broker(password_file=passwords)
    broker.start()
    return broker


@pytest.mark.parametrize("protocol", ["3.1", "3.1.1", "5"])
def test_a_password_comes_from_a_file_and_is_shown_nowhere(
    locked_broker, start_sim, tmp_path, protocol
):
    (tmp_path / "right").write_text("correct-horse\n")
    login = ["--username", "fleet", "--password-file", tmp_path / "right"]
    process = start_sim(locked_broker.port, *login, "--protocol", protocol, "--json", "-r", "0.2",
                        "--messages", "5", "-q", "1")  # fmt: skip
    assert "correct-horse" not in Path(f"/proc/{process.pid}/cmdline").read_text()
    assert "correct-horse" not in Path(f"/proc/{process.pid}/environ").read_text()
    run = finish(process)
    assert (run.status, run.stderr, run.summary["acknowledged"]) == (0, "", 5)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_wrong_password_ends_it_with_one_line(locked_broker, start_sim, tmp_path, protocol):
    (tmp_path / "wrong").write_text("battery-staple\n")
    login = ["--username", "fleet", "--password-file", tmp_path / "wrong"]
    process = start_sim(locked_broker.port, *login, "--protocol", protocol, "--json")
    run = finish(process, 10)
    assert (run.status, run.summary["sent"]) == (1, 0)
    assert "authori" in run.stderr.lower() and run.stderr.count("\n") == 1
    assert "battery-staple" not in run.stderr


BAD_FLAGS = [
    ([], "--broker", ""),
    (["-b", ""], "--broker", "''"),
    (["-b", "h", "-p", "0"], "--port", "'0'"),
    (["-b", "h", "-p", "65536"], "--port", "'65536'"),
    (["-b", "h", "-p", "18x"], "--port", "'18x'"),
    (["-b", "h", "-r", "-1"], "--rate", "'-1'"),
    (["-b", "h", "-r", "fast"], "--rate", "'fast'"),
    (["-b", "h", "-r", "nan"], "--rate", "'nan'"),
    (["-b", "h", "-q", "3"], "--qos", "'3'"),
    (["-b", "h", "-q", "-1"], "--qos", "'-1'"),
    (["-b", "h", "--devices", "0"], "--devices", "'0'"),
    (["-b", "h", "--messages", "-5"], "--messages", "'-5'"),
    (["-b", "h", "--duration", "0"], "--duration", "'0'"),
    (["-b", "h", "--protocol", "4"], "--protocol", "'4'"),
    (["-b", "h", "--username", ""], "--username", "''"),
    (["-b", "h", "--username", "u", "--password-file", "/absent"], "--password-file", "'/absent'"),
    (["-b", "h", "--username", "u", "--password-file", "/dev/null"], "--password-file", "/dev/null"),
    (["-b", "h", "extra"], "'extra'", "--help"),
]


@pytest.mark.parametrize("flags, name, value", BAD_FLAGS)
def test_a_bad_flag_is_one_line_that_names_it_its_value_and_what_is_accepted(flags, name, value):
    run = subprocess.run([BINARY, *flags], capture_output=True, text=True, timeout=DEADLINE_S)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (64, "", 1)
    assert name in run.stderr and value in run.stderr and "accepted" in run.stderr


def test_a_password_file_needs_a_user_name(tmp_path):
    (tmp_path / "password").write_text("correct-horse\n")
    command = [BINARY, "-b", "h", "--password-file", tmp_path / "password"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert (run.returncode, run.stderr.count("\n")) == (64, 1)
    assert "--username" in run.stderr and "correct-horse" not in run.stderr


def test_an_unknown_flag_is_refused():
    run = subprocess.run([BINARY, "-b", "h", "--frob"], capture_output=True, text=True)
    assert run.returncode == 64 and "--frob" in run.stderr


def test_help_and_version():
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    for flag in ["-b, --broker=", "-p, --port=", "-r, --rate=", "-q, --qos=", "--devices=",
                 "--messages=", "--duration=", "--username=", "--password-file=", "--protocol=",
                 "--json", "--sequence", "--first-sequence=", "--message-id-property=", "--ledger="]:  # fmt: skip
        assert flag in text
    text = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"device-sim \d+\.\d+\.\d+ \(libmosquitto [\d.]+\)\n", text)


Publish = namedtuple("Publish", "connection time dup qos mid payload")
Connect = namedtuple("Connect", "time is_clean keep_alive")


class ScriptedBroker:
    """Answers each PUBLISH as told: a packet, b"" for silence, None to break the connection."""

    def __init__(self, *, is_v5=False, accepts=True):
        self.is_v5 = is_v5
        self.accepts = accepts  # False: each connection is closed at once; None: left unanswered
        self.answer = lambda publish: self.puback(publish)
        self.attempts, self.connects, self.publishes, self.disconnects = [], [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def puback(self, publish, reason=b""):
        return bytes([0x40, 2 + len(reason)]) + struct.pack(">H", publish.mid) + reason

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                self.attempts.append(time.monotonic())
                self.sockets.append(connection)
                if self.accepts is False:
                    connection.close()
                elif self.accepts:
                    thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
                    self.threads.append(thread)
                    thread.start()

    def serve(self, connection):
        number = len(self.sockets)
        with contextlib.suppress(OSError, EOFError), connection, connection.makefile("rb") as file:
            while self.handle(number, connection, *read_packet(file)):
                pass

    def handle(self, number, connection, kind, body):
        reply = b""
        if kind >> 4 == 1:
            name_length = struct.unpack(">H", body[:2])[0]
            flags, keep_alive = struct.unpack(">BH", body[3 + name_length : 6 + name_length])
            self.connects.append(Connect(time.monotonic(), bool(flags & 2), keep_alive))
            reply = b"\x20\x03\0\0\0" if self.is_v5 else b"\x20\x02\0\0"
        elif kind >> 4 == 3:
            publish = self.read_publish(number, kind, body)
            self.publishes.append(publish)
            reply = self.answer(publish)
        elif kind >> 4 == 14:
            self.disconnects.append(body)
            return False
        if reply:
            connection.sendall(reply)
        return reply is not None

    def read_publish(self, number, kind, body):
        end = 2 + struct.unpack(">H", body[:2])[0]
        mid = struct.unpack(">H", body[end : end + 2])[0]
        payload = body[end + 2 + self.is_v5 :]  # one byte: no properties
        return Publish(number, time.monotonic(), bool(kind & 8), kind >> 1 & 3, mid, payload)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(DEADLINE_S)


def read_exactly(file, count):
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_packet(file):
    kind = read_exactly(file, 1)[0]
    length, shift = 0, 0
    while True:
        byte = read_exactly(file, 1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return kind, read_exactly(file, length)


@pytest.fixture(name="scripted")
def fixture_scripted():
    made = []

    def make(**settings):
        made.append(ScriptedBroker(**settings))
        return made[-1]

    yield make
    for broker in made:
        broker.close()


def test_what_was_not_acknowledged_is_sent_again_the_same(scripted, start_sim):
    broker = scripted()
    # The first connection breaks at its 10th message, with no message acknowledged.
    broker.answer = lambda publish: (
        broker.puback(publish) if publish.connection > 1 else b"" if publish.mid < 10 else None
    )
    flags = ["-r", "0.01", "-q", "1", "--messages", "30", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert (run.status, run.summary["sent"], run.summary["acknowledged"]) == (0, 30, 30)
    assert run.summary["reconnects"] == 1
    first = {p.mid: p for p in broker.publishes if p.connection == 1}
    again = {p.mid: p for p in broker.publishes if p.connection == 2}
    assert set(first) >= set(range(1, 11)) and not any(p.dup for p in first.values())
    for mid, publish in first.items():
        assert again[mid].dup and again[mid].payload == publish.payload
    assert set(again) == set(range(1, 31))
    assert not any(publish.dup for mid, publish in again.items() if mid not in first)
    assert [connect.is_clean for connect in broker.connects] == [False, False, True]


def test_unacknowledged_messages_are_bounded_and_what_is_held_back_is_not_lost(
    scripted, start_sim
):
    broker = scripted()
    answers = threading.Event()
    broker.answer = lambda publish: broker.puback(publish) if answers.is_set() else b""
    process = start_sim(broker.port, "-r", "0", "-q", "1", "--messages", "50", "--json")
    wait_until(lambda: len(broker.publishes) == 20, "a full window")
    time.sleep(0.3)
    assert len(broker.publishes) == 20
    answers.set()
    broker.sockets[0].sendall(b"".join(map(broker.puback, list(broker.publishes))))
    run = finish(process)
    assert (run.status, run.summary["acknowledged"]) == (0, 50)
    assert [publish.mid for publish in broker.publishes] == list(range(1, 51))


def test_what_an_mqtt_5_broker_refuses_is_published_again(scripted, start_sim):
    broker = scripted(is_v5=True)
    broker.answer = lambda publish: broker.puback(publish, b"\x97" if publish.mid < 3 else b"\0")
    flags = ["-r", "0", "-q", "1", "--messages", "1", "--protocol", "5", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert (run.status, run.summary["sent"], run.summary["acknowledged"]) == (0, 1, 1)
    assert len({publish.payload for publish in broker.publishes}) == 1
    gaps = [b.time - a.time for a, b in zip(broker.publishes, broker.publishes[1:])]
    assert len(gaps) == 2 and min(gaps) >= 0.09
    assert len(broker.connects) == 1
    # Nothing answers a DISCONNECT, so the simulator may end before it is read here.
    wait_until(lambda: broker.disconnects, "the DISCONNECT")
    # Session expiry 0: reason, length of properties, property 17, four bytes.
    assert broker.disconnects == [b"\0\x05\x11\0\0\0\0"]


@pytest.mark.parametrize("accepts", [False, True])
def test_pauses_grow_while_connecting_or_publishing_fails(scripted, start_sim, accepts):
    broker = scripted(accepts=accepts)
    broker.answer = lambda publish: None
    process = start_sim(broker.port, "-r", "0", "-q", "1", "--devices", "1", "--json")
    wait_until(lambda: len(broker.attempts) >= 5, "five attempts")
    process.kill()
    gaps = [b - a for a, b in zip(broker.attempts, broker.attempts[1:])]
    for gap, least in zip(gaps, [0.1, 0.2, 0.4, 0.8]):
        assert gap >= least * 0.95


def test_a_broker_that_does_not_acknowledge_ends_the_wait_after_ten_seconds(scripted, start_sim):
    broker = scripted()
    broker.answer = lambda publish: b""
    begin = time.monotonic()
    flags = ["-r", "0", "-q", "1", "--messages", "3", "--devices", "2", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert 9.5 <= time.monotonic() - begin < 20
    assert run.status == 1
    assert (run.summary["sent"], run.summary["unacknowledged"]) == (6, 6)


def test_a_second_signal_ends_it_at_once(scripted, start_sim):
    broker = scripted()
    broker.answer = lambda publish: b""
    process = start_sim(broker.port, "-r", "0", "-q", "1", "--json")
    wait_until(lambda: len(broker.publishes) == 20, "messages without acknowledgement")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    run = finish(process, 3)
    assert (run.status, run.summary["unacknowledged"]) == (1, 20)


def test_a_silent_broker_holds_nothing_up(scripted, start_sim):
    broker = scripted(accepts=None)
    process = start_sim(broker.port, "--devices", "50", "--json")
    wait_until(lambda: len(broker.attempts) == 50, "each device tries, though none is answered", 5)
    wait_until(lambda: len(broker.attempts) > 50, "they give up and try again", 20)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    run = finish(process, 5)
    assert run.status == 1
    assert run.stderr.count("\n") == 1 and "no answer in time" in run.stderr
