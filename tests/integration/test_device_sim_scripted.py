# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim against a scripted broker, where every packet counts."""

import signal
import threading
import time

import pytest
from support.scripted_broker import fixture_scripted  # noqa: F401
from support.simulator import finish, fixture_start_sim, wait_until  # noqa: F401


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
    # Not all messages were read when the connection broke: at most a window of 20 is missing.
    repeated = [mid for mid in sorted(again) if again[mid].dup]
    assert repeated == list(range(1, len(repeated) + 1)) and len(repeated) <= 20
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


def test_qos_0_is_read_before_the_session_is_ended(scripted, start_sim):
    broker = scripted()
    broker.answer = lambda publish: time.sleep(0.05) or b""  # reads slowly
    run = finish(start_sim(broker.port, "-r", "0", "-q", "0", "--messages", "10", "--json"))
    assert (run.status, run.summary["sent"]) == (0, 10)
    assert [connect.is_clean for connect in broker.connects] == [False, True]
    assert [publish.connection for publish in broker.publishes] == [1] * 10
    # A broker closes the earlier connection of a client id, and with it what it hasn't read.
    assert broker.publishes[-1].time < broker.connects[1].time


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
