#!/usr/bin/python3
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Measures how long devices wait for a PUBACK: from the bare broker, with the plugin and a healthy
database, and with the plugin and a frozen database, one after the other, in several turns. Needs a
release build (scripts/demo makes one). Figures are milliseconds, measured by device-sim. The last
lines show the medians over all turns, and how much slower each is than the bare broker."""

import argparse
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
sys.dont_write_bytecode = True

from support.broker import Broker  # noqa: E402
from support.database import Server  # noqa: E402
from support.device_sim import DeviceSim  # noqa: E402
from workspace import workspace  # noqa: E402

FEW_LOG_LINES = "log_type none\nlog_type warning\nlog_type error"
QUANTILES = ("p50", "p99", "max")


def measure(broker, arguments):
    fleet = {"devices": arguments.devices, "duration": arguments.seconds, "qos": 1}
    fleet["rate"] = arguments.devices / arguments.messages_per_second
    with DeviceSim(broker, **fleet) as running:
        summary = running.summary(arguments.seconds + 60)
    assert summary["sent"] == summary["acknowledged"], summary
    return summary


def started(broker, closing):
    closing.callback(broker.kill)
    return broker.start()


def bare(folder, closing, arguments):
    return measure(started(Broker(folder, config=FEW_LOG_LINES), closing), arguments)


def with_plugin(folder, closing, arguments, is_frozen):
    server = Server(folder / "database")
    closing.callback(server.stop)
    server.start()
    options = {**server.database().options, "shutdown_drain_ms": 0}
    broker = started(Broker(folder / "broker", options, config=FEW_LOG_LINES), closing)
    if is_frozen:
        server.suspend()
    return measure(broker, arguments)


RUNS = {
    "bare broker": bare,
    "healthy database": lambda *where: with_plugin(*where, is_frozen=False),
    "frozen database": lambda *where: with_plugin(*where, is_frozen=True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--messages-per-second", type=int, default=2000)
    arguments = parser.parse_args()
    seen = {name: {quantile: [] for quantile in QUANTILES} for name in RUNS}
    print(f"{'':18}" + "".join(name.rjust(9) for name in QUANTILES) + "   messages/s")
    for turn in range(arguments.turns):
        for name, run in RUNS.items():
            with workspace() as (folder, closing):
                summary = run(folder, closing, arguments)
            for quantile in QUANTILES:
                seen[name][quantile].append(summary["latency_ms"][quantile])
            figures = "".join(f"{summary['latency_ms'][q]:9.2f}" for q in QUANTILES)
            print(f"{name:18}{figures}   {summary['rate']:10.0f}", flush=True)
    print(f"\nmedians of {arguments.turns} turns, and how far above the bare broker")
    for name, figures in seen.items():
        medians = {quantile: statistics.median(figures[quantile]) for quantile in QUANTILES}
        above = medians["p99"] - statistics.median(seen["bare broker"]["p99"])
        values = "".join(f"{medians[q]:9.2f}" for q in QUANTILES)
        print(f"{name:18}{values}   p99 {above:+.2f} ms")


if __name__ == "__main__":
    main()
