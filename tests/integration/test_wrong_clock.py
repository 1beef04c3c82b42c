# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A machine whose clock is wrong when it boots, because it has no battery-backed clock, before
NTP."""

import datetime
import time

import pytest
from support.mqtt import await_balance, publish, reading
from support.step_clock import StepClock
from support.waiting import eventually

YEAR_S = 365 * 24 * 3600


def document(database, value):
    return eventually(lambda: database.devices.find_one({"value": value}), what=f"no {value}")


@pytest.mark.parametrize("option", ["system", "steady"])
def test_a_boot_in_1970(make_broker, database, tmp_path, option):
    clock = StepClock(tmp_path)
    options = {**database.options, "clock": option}
    broker = make_broker(options, environment=clock.environment).start()
    publish(broker, "device/device-1", reading(value=1))
    first = document(database, 1)
    broker.stop()
    assert "clock: " not in broker.log

    clock.step_to(60 - int(time.time()))
    broker.start()
    publish(broker, "device/device-1", reading(value=2))
    second = document(database, 2)
    assert await_balance(broker, received=1)["clock_suspect"] is True
    assert broker.log.count("clock: the machine's clock says 1970-01-01T00:0") == 1
    assert "before this plugin was built" in broker.log
    assert second["_id"].generation_time > first["_id"].generation_time
    if option == "system":
        assert second["date"].year == 1970
        assert "dates follow it (clock system)" in broker.log
    else:
        assert first["date"] <= second["date"] < first["date"] + datetime.timedelta(minutes=5)
        assert "(clock steady)" in broker.log

    clock.step_to(0)
    publish(broker, "device/device-1", reading(value=3))
    third = document(database, 3)
    assert abs(third["date"].timestamp() - time.time()) < 60
    assert await_balance(broker, received=2)["clock_suspect"] is False
    eventually(lambda: "which can be right; dates follow it" in broker.log)
    assert third["_id"].generation_time >= second["_id"].generation_time


def test_after_a_boot_years_ahead_identifiers_stay_there_and_the_log_says_so(
    make_broker, database, tmp_path
):
    clock = StepClock(tmp_path)
    broker = make_broker(database.options, environment=clock.environment)
    clock.step_to(10 * YEAR_S)
    broker.start()
    publish(broker, "device/device-1", reading(value=1))
    ahead = document(database, 1)
    broker.stop()
    clock.step_to(0)
    broker.start()
    publish(broker, "device/device-1", reading(value=2))
    mended = document(database, 2)
    assert await_balance(broker, received=1)["clock_suspect"] is True
    assert "identifiers stay at that time until it has passed, so sort by date" in broker.log
    assert mended["_id"].generation_time > ahead["_id"].generation_time
    assert abs(mended["date"].timestamp() - time.time()) < 60
