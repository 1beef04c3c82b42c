#!/usr/bin/python3
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Measures what the plugin costs a fully loaded broker: acknowledged QoS 1 publishes per second, and
processor time of the broker's thread for each. It compares the broker without the plugin, with the
plugin while the database is unavailable (only the journal), and with the plugin while it delivers.
It also measures how many documents per second the journal delivers. All of this runs in several
turns. Database, devices and broker share this machine. The database is the scripted one, which
answers at once and stores in memory. Needs a complete release build (cmake --preset release &&
cmake --build --preset release)."""

import argparse
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
sys.dont_write_bytecode = True

from support import mongo_store  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.device_sim import DeviceSim  # noqa: E402
from support.port import HOST, free_port  # noqa: E402
from support.scripted_server import ScriptedServer  # noqa: E402
from workspace import workspace  # noqa: E402

FEW_LOG_LINES = "log_type none\nlog_type warning\nlog_type error"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
NAMES = BARE, JOURNAL, DELIVERY = "bare broker", "journal alone", "with delivery"
DRAIN = "drained"


def thread_cpu_us(pid):
    """Processor time of the process's first thread, which is the broker's thread."""
    stat = pathlib.Path(f"/proc/{pid}/task/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 / TICKS_A_SECOND  # utime, stime


def publish(broker, arguments):
    """Publishes per second, and microseconds of the broker's thread for each."""
    each = arguments.messages // arguments.devices
    before = thread_cpu_us(broker.child.pid)
    with DeviceSim(broker, devices=arguments.devices, qos=1, rate=0, messages=each) as fleet:
        summary = fleet.summary(600)
    spent = thread_cpu_us(broker.child.pid) - before
    assert summary["acknowledged"] == each * arguments.devices, summary
    return summary["rate"], spent / summary["acknowledged"]


def publish_once(broker, closing, arguments):
    closing.callback(broker.kill)
    published = publish(broker.start(), arguments)
    broker.stop()
    return published


def publish_bare(folder, closing, arguments):
    return publish_once(Broker(folder / "bare", config=FEW_LOG_LINES), closing, arguments)


def publish_and_deliver(folder, closing, arguments, uri):
    options = {"mongo_uri": uri, "database": "mongogw"}
    return publish_once(Broker(folder / "delivery", options, FEW_LOG_LINES), closing, arguments)


def publish_and_drain(folder, closing, arguments, uri):
    """Publishes while the database is unavailable; then all pending messages are delivered."""
    options = {"mongo_uri": f"mongodb://{HOST}:{free_port()}/", "database": "mongogw"}
    broker = Broker(folder / "journal", {**options, "shutdown_drain_ms": 0}, FEW_LOG_LINES)
    published = publish_once(broker, closing, arguments)
    begin = time.monotonic()
    said = mongo_store.succeed("journal", "deliver", broker.journal_dir, "--mongo-uri", uri)
    seconds = time.monotonic() - begin
    each = arguments.messages // arguments.devices
    assert f"stored {each * arguments.devices}," in said, said
    return published, each * arguments.devices / seconds


def turn(folder, closing, arguments, number):
    """The order changes from turn to turn, because a machine may be slower for some seconds."""
    server = ScriptedServer(folder / "server")
    closing.callback(server.stop)
    server.start()
    uri = f"mongodb://{server.address}/"
    runs = [(BARE, lambda: publish_bare(folder, closing, arguments)),
            (JOURNAL, lambda: publish_and_drain(folder, closing, arguments, uri)),
            (DELIVERY, lambda: publish_and_deliver(folder, closing, arguments, uri))]
    first = number % len(runs)
    figures = {name: run() for name, run in runs[first:] + runs[:first]}
    figures[JOURNAL], drained = figures[JOURNAL]
    return figures, drained


def ratio(values):
    low, median, high = statistics.quantiles(values, n=4)
    return f"{median:.2f} x ({low:.2f} to {high:.2f})"


def print_medians(turns):
    print(f"\nmedians of {len(turns)} turns; ratios within each turn, with their quartiles")
    for name in NAMES:
        rate, spent = (statistics.median(seen[name][i] for seen, _ in turns) for i in (0, 1))
        rates, times = ([seen[name][i] / seen[BARE][i] for seen, _ in turns] for i in (0, 1))
        print(f"{name:14} {rate:8.0f} publishes/s, {ratio(rates)}; "
              f"{spent:5.1f} us each, {ratio(times)}")
    print(f"{DRAIN:14} {statistics.median(rate for _, rate in turns):8.0f} documents/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--devices", type=int, default=20)
    arguments = parser.parse_args()
    turns = []
    for number in range(arguments.turns):
        with workspace() as (folder, closing):
            turns.append(turn(folder, closing, arguments, number))
        seen, drained = turns[-1]
        print("   ".join(f"{name}: {seen[name][0]:.0f}/s {seen[name][1]:.1f} us" for name in NAMES)
              + f"   {DRAIN}: {drained:.0f}/s", flush=True)
    print_medians(turns)


if __name__ == "__main__":
    main()
