# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The images within the limits that an orchestrator gives them."""

import json

import pytest

from support.audited import AuditedDevices
from support.mqtt import await_balance
from support.waiting import eventually

ALIAS = "--network-alias=broker"
JOURNALS = "/var/lib/mosquitto/mongo-store"
DEVICES, PERIOD_S, MESSAGES = 100, 0.2, 300  # 500 messages a second for a minute
TAKEN_S, SETTLED_S = 240, 120
DEVICE_S = 30
MUCH = 20_000  # 15 MB in the journal
KILLED = 137


def limits(cpus, memory):
    return [f"--cpus={cpus}", f"--memory={memory}", f"--memory-swap={memory}"]


@pytest.fixture
def options(sandbox):
    """The options of brokers whose messages are audited."""
    return {**sandbox.database().start().options, "message_id": "payload:sequence"}


@pytest.mark.timeout(500)
def test_a_tenth_of_a_core_and_64_megabytes_take_500_messages_a_second(sandbox, options):
    broker = sandbox.broker(ALIAS, *limits(0.1, "64m"), **options).await_healthy()
    flags = (f"--devices={DEVICES}", f"--rate={PERIOD_S}", f"--messages={MESSAGES}")
    devices = AuditedDevices(sandbox, *flags)
    code, summary = devices.ends(TAKEN_S)
    print(summary)
    assert code == 0 and summary["acknowledged"] == DEVICES * MESSAGES
    await_balance(broker, SETTLED_S, pending=0)
    assert devices.assert_audit_passes(options)["acknowledged"] == DEVICES * MESSAGES
    assert broker.is_running() and not broker.inspect(".State.OOMKilled")
    assert broker.health == "healthy"


@pytest.mark.timeout(500)
def test_16_megabytes_may_be_too_few_but_lose_nothing(sandbox):
    """The broker is ended under load by the kernel, or otherwise by this test. There is no database yet."""
    database = sandbox.database()
    options = {**database.options, "message_id": "payload:sequence"}
    mount = f"--volume={sandbox.volume()}:{JOURNALS}"
    small = sandbox.broker(ALIAS, mount, *limits(0.5, "16m"), **options)
    flags = (f"--devices={DEVICES}", "--rate=0.02", "--padding=500", "--duration=15")
    devices = AuditedDevices(sandbox, *flags)
    much = lambda: devices.acknowledged() >= MUCH or not small.is_running()
    eventually(much, TAKEN_S, 0.5, devices.acknowledged)
    if small.is_running():
        small.kill()
    print(f"ended by the kernel: {small.inspect('.State.OOMKilled')}")
    assert small.inspect(".State.ExitCode") == KILLED
    taken = devices.acknowledged()
    assert taken > 0
    larger = sandbox.broker(ALIAS, mount, *limits(0.5, "64m"), **options).await_healthy()
    devices.ends(TAKEN_S)
    database.start()
    await_balance(larger, SETTLED_S, pending=0)
    assert devices.assert_audit_passes(options)["acknowledged"] >= taken


def test_a_device_fits_into_a_tenth_of_a_core_and_16_megabytes(sandbox):
    sandbox.broker(ALIAS).await_healthy()
    flags = ("--broker=broker", "--qos=1", "--rate=0.1", "--messages=20", "--json")
    device = sandbox.run("device-sim", *limits(0.1, "16m"), command=flags)
    assert device.await_end(DEVICE_S) == 0
    assert not device.inspect(".State.OOMKilled")
    assert json.loads(device.log.splitlines()[-1])["acknowledged"] == 20
