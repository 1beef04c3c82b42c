#!/usr/bin/python3
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""What the plugin costs a broker that is as busy as it can be: acknowledged QoS 1 publishes a
second, and processor time of the broker's thread for each, without the plugin, with it while the
database is away (the journal alone), and with it while it delivers. Then how many documents a
second the journal gives to a database. All in turn, several times. Database, devices and broker
share this machine; the database is the scripted one, which answers at once and stores in memory.
Needs a whole release build (cmake --preset release && cmake --build --preset release)."""

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
    """Of the process's first thread, which is the broker's own."""
    stat = pathlib.Path(f"/proc/{pid}/task/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 / TICKS_A_SECOND  # utime, stime


def publish(broker, arguments):
    """Publishes a second, and microseconds of the broker's thread for each."""
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
    """The database is away meanwhile; then everything that waits is delivered."""
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
    """The order changes from turn to turn: a machine may be slower for some seconds."""
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
