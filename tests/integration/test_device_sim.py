# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim against a real Mosquitto."""

import json
import re
import resource
import signal
import time
from collections import Counter

import pytest
from support.simulator import (  # noqa: F401, fixtures among them
    DEADLINE_S,
    Subscriber,
    finish,
    fixture_broker,
    fixture_new_broker,
    fixture_start_sim,
    fixture_subscriber,
    free_port,
    wait_until,
)

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


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
    # p4: MQTT 3.1.1, which Mosquitto 2.0 shows as p2; c0: clean session false.
    assert re.search(rf"as {uuid} \(p[24], c0, k\d+\)", broker.log.read_text())


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
@pytest.mark.parametrize("protocol, shown", [("3.1", "p[13]"), ("3.1.1", "p[24]"), ("5", "p5")])
def test_each_qos_and_protocol(broker, subscriber, start_sim, qos, protocol, shown):
    flags = ["-r", "0.01", "-q", qos, "--protocol", protocol, "--messages", "10", "--json"]
    run = finish(start_sim(broker.port, *flags))
    assert (run.status, run.stderr) == (0, "")
    wait_until(lambda: len(subscriber.messages) >= 10, "10 messages")
    assert Counter(message.qos for message in subscriber.messages) == {qos: 10}
    assert re.search(rf"\({shown}, c0", broker.log.read_text())
    assert (run.summary["latency_ms"] is None) == (qos == 0)


@pytest.mark.smoke
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
        "devices": 40, "connected": 40, "never_connected": 0,
        "sent": 1000, "acknowledged": 1000, "unacknowledged": 0, "reconnects": 0,
    }  # fmt: skip


def test_devices_that_never_were_connected_are_counted_and_are_no_success(new_broker, start_sim):
    broker = new_broker(connections=3)
    broker.start()
    flags = ["-r", "0.3", "-q", "1", "--devices", "8", "--duration", "3", "--json"]
    run = finish(start_sim(broker.port, *flags))
    connected, never = run.summary["connected"], run.summary["never_connected"]
    assert run.status == 1
    assert run.summary["sent"] == run.summary["acknowledged"] > 0
    assert connected >= 3 and never >= 1 and connected + never == 8
    assert sum(run.summary["never_connected_because"].values()) == never
    assert all(run.summary["never_connected_because"])


def test_a_qos_2_message_has_a_number_unless_told_otherwise(broker, subscriber, start_sim):
    flags = ["-r", "0.01", "-q", "2", "--messages", "3", "--json"]
    for more in ([], ["--no-sequence"]):
        assert finish(start_sim(broker.port, *flags, *more)).status == 0
    wait_until(lambda: len(subscriber.messages) >= 6, "6 messages")
    payloads = [json.loads(message.payload) for message in subscriber.messages]
    assert [payload.get("sequence") for payload in payloads] == [1, 2, 3, None, None, None]
    assert all(20 <= payload["value"] <= 30 for payload in payloads)


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
    """The broker's next count of sessions whose client is away."""
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
    assert f"connected to 127.0.0.1:{broker.port} after" in regained
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
