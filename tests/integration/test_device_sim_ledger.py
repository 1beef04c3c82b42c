# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim --sequence, --padding and --ledger: what it sends, and what it writes down of it."""

import json
import subprocess
import time

import pytest
from support import build_tree
from support.device_sim import DeviceSim
from support.mqtt import V5, Client
from support.waiting import eventually

pytestmark = pytest.mark.light


def lines_of(ledger):
    return [json.loads(line) for line in ledger.read_text().splitlines()]


def last_lines(ledger):
    """The ledger's last entry for each message."""
    return {(line["device"], line["sequence"]): line for line in lines_of(ledger)}


@pytest.fixture
def plain_broker(make_broker):
    return make_broker().start()


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_each_message_has_a_line_when_sent_and_one_when_acknowledged(plain_broker, tmp_path, qos):
    ledger = tmp_path / "ledger"
    began = time.time() * 1000
    flags = {"devices": 3, "messages": 5, "rate": 0.01, "qos": qos, "ledger": ledger}
    with DeviceSim(plain_broker, sequence=None, **flags) as running:
        running.summary()
    ended = time.time() * 1000
    assert len(lines_of(ledger)) == (15 if qos == 0 else 30)
    last = last_lines(ledger)
    assert len({device for device, _ in last}) == 3
    assert sorted(sequence for _, sequence in last) == sorted([1, 2, 3, 4, 5] * 3)
    for line in last.values():
        assert (line["qos"], line["sends"]) == (qos, 1)
        assert "message_id" not in line
        assert began - 1 <= line["sent"] <= ended
        if qos == 0:
            assert line["acknowledged"] is None
        else:
            assert line["sent"] <= line["acknowledged"] <= ended


def test_the_sequence_stands_in_the_payload_and_in_its_value(plain_broker):
    with Client(plain_broker) as subscriber:
        subscriber.subscribe("device/#")
        flags = {"messages": 3, "rate": 0.01, "qos": 1, "first_sequence": 41}
        with DeviceSim(plain_broker, sequence=None, **flags) as running:
            running.summary()
        messages = subscriber.received(3)
    payloads = [json.loads(message.payload) for message in messages]
    assert [payload["sequence"] for payload in payloads] == [41, 42, 43]
    for payload in payloads:
        assert list(payload) == ["uuid", "value", "sequence"]
        assert list(payload["value"]) == ["reading", "sequence"]
        assert payload["value"]["sequence"] == payload["sequence"]
        assert 20 <= payload["value"]["reading"] <= 30


def test_padding_is_a_field_of_its_own_at_the_end(plain_broker):
    with Client(plain_broker) as subscriber:
        subscriber.subscribe("device/#")
        with DeviceSim(plain_broker, messages=1, qos=1, padding=3000) as running:
            running.summary()
        payload = json.loads(subscriber.received(1)[0].payload)
    assert list(payload) == ["uuid", "value", "padding"]
    assert payload["padding"] == "x" * 3000


def test_the_message_id_is_the_user_property_that_is_named(plain_broker, tmp_path):
    ledger = tmp_path / "ledger"
    with Client(plain_broker, V5) as subscriber:
        subscriber.subscribe("device/#")
        flags = {"messages": 3, "rate": 0.01, "qos": 1, "protocol": 5, "ledger": ledger}
        flags |= {"message_id_property": "id", "first_sequence": 9}
        with DeviceSim(plain_broker, sequence=None, **flags) as running:
            running.summary()
        messages = subscriber.received(3)
    properties = [message.properties.UserProperty for message in messages]
    assert properties == [[("id", "9")], [("id", "10")], [("id", "11")]]
    assert [line["message_id"] for line in last_lines(ledger).values()] == ["9", "10", "11"]


def test_what_a_broken_connection_made_it_send_again_is_counted(plain_broker, tmp_path):
    """The broker is frozen, so that messages wait for it, and then killed."""
    ledger = tmp_path / "ledger"
    count = 300  # for six seconds, so that it still sends when it is looked at
    flags = {"messages": count, "rate": 0.02, "qos": 1, "ledger": ledger}
    with DeviceSim(plain_broker, sequence=None, **flags) as running:
        eventually(lambda: ledger.exists() and len(lines_of(ledger)) > 10)
        plain_broker.child.suspend()
        eventually(lambda: sum(line["acknowledged"] is None for line in last_lines(ledger).values()) > 3)
        plain_broker.kill()
        plain_broker.start()
        running.summary()
    last = last_lines(ledger)
    assert len(last) == count and all(line["acknowledged"] for line in last.values())
    sent_again = [sequence for (_, sequence), line in last.items() if line["sends"] > 1]
    assert len(sent_again) > 3
    assert all(line["sends"] <= 2 for line in last.values())
    assert last[min(last)]["sends"] == 1 and last[max(last)]["sends"] == 1


def test_a_killed_simulator_leaves_whole_lines_of_all_that_it_sent(plain_broker, tmp_path):
    ledger = tmp_path / "ledger"
    with Client(plain_broker) as subscriber:
        subscriber.subscribe("device/#")
        flags = {"devices": 20, "rate": 0, "qos": 1, "ledger": ledger}
        with DeviceSim(plain_broker, sequence=None, **flags):
            eventually(lambda: len(subscriber.messages) > 2000)
        # The block ends with kill -9. A subscription now is answered after all messages.
        subscriber.subscribe("nothing/here")
        arrived = {
            (payload["uuid"], payload["sequence"])
            for payload in (json.loads(message.payload) for message in list(subscriber.messages))
        }
    assert ledger.read_text().endswith("\n")
    assert len(arrived) > 2000 and arrived <= set(last_lines(ledger))


def refusal(*flags):
    command = [build_tree.DEVICE_SIM, "-b", "h", *map(str, flags)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (64, "", 1)
    assert "accepted" in run.stderr
    return run.stderr


def test_bad_flags_are_refused_with_one_line(tmp_path):
    assert "--sequence" in refusal("--ledger", tmp_path / "ledger")
    assert "--sequence" in refusal("--first-sequence", 5)
    assert "--sequence" in refusal("--message-id-property", "id", "--protocol", 5)
    assert "--protocol 5" in refusal("--sequence", "--message-id-property", "id")
    assert "'0'" in refusal("--sequence", "--first-sequence", 0)
    assert "''" in refusal("--sequence", "--protocol", 5, "--message-id-property", "")
    torn = tmp_path / "torn"
    torn.write_text('{"device"')
    assert "cut short" in refusal("--sequence", "--ledger", torn)
    assert not (tmp_path / "ledger").exists()


def test_a_ledger_that_cannot_be_written_ends_it_before_anything_is_sent(plain_broker):
    command = [build_tree.DEVICE_SIM, "-b", plain_broker.host, "-p", str(plain_broker.port)]
    command += ["-q", "1", "--sequence", "--ledger", "/dev/full"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "ledger '/dev/full': No space left on device" in run.stderr
    assert "Received PUBLISH" not in plain_broker.log
