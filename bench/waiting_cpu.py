#!/usr/bin/python3
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Measures how much of one core, in per cent, the broker's process uses while messages are pending and
MongoDB accepts nothing, for each kind of failure. Needs a complete release build (cmake --preset
release && cmake --build --preset release). All kinds run at the same time, each with its own broker
and server, because they should only wait."""

import argparse
import os
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
sys.dont_write_bytecode = True

from support import build_tree, mongo_store  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.device_sim import DeviceSim  # noqa: E402
from support.port import HOST, free_port  # noqa: E402
from support.replica_set import ReplicaSet  # noqa: E402
from support.scripted_server import ScriptedServer  # noqa: E402
from support.waiting import eventually  # noqa: E402
from workspace import workspace  # noqa: E402

FEW_LOG_LINES = "log_type none\nlog_type warning\nlog_type error"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PASSWORD = "right"


def started(server, closing):
    closing.callback(server.stop)
    return server.start()


def scripted(folder, closing, **flags):
    return started(ScriptedServer(folder, **flags), closing)


def failing(folder, closing, **data):
    server = scripted(folder, closing)
    server.control.fail(["insert"], **data)
    return {"mongo_uri": server.database().uri}


def refused(folder, closing):
    return {"mongo_uri": f"mongodb://{HOST}:{free_port()}/"}


def black_hole(folder, closing):
    """The queue of connections is full, so the kernel drops packets to that port."""
    listener = closing.enter_context(socket.create_server((HOST, 0), backlog=0))
    for _ in range(8):
        filler = closing.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    return {"mongo_uri": f"mongodb://{HOST}:{listener.getsockname()[1]}/"}


def hung(folder, closing):
    server = scripted(folder, closing)
    server.child.suspend()
    return {"mongo_uri": f"mongodb://{server.address}/"}


def hung_in_inserts(folder, closing):
    return failing(folder, closing, blockConnection=True)


def read_only(folder, closing):
    return failing(folder, closing, errorCode=8000)


def each_document_refused(folder, closing):
    return failing(folder, closing, writeErrors=[{"code": 12501, "errmsg": "quota exceeded"}])


def closing_each_time(folder, closing):
    return failing(folder, closing, closeConnection=True)


def with_user(folder, closing, password, **flags):
    file = folder / "password"
    folder.mkdir(parents=True)
    file.write_text(PASSWORD)
    server = scripted(folder / "server", closing, user="u", password_file=file, **flags)
    return {"mongo_uri": f"mongodb://u:{password}@{server.address}/?authSource=admin"}


def wrong_password(folder, closing):
    return with_user(folder, closing, "wrong")


def right_missing(folder, closing):
    return with_user(folder, closing, PASSWORD, role="read@mongogw")


def no_primary(folder, closing):
    replica_set = started(ReplicaSet(folder), closing)
    replica_set.control.simulate("holdElections")
    replica_set.step_down()
    eventually(lambda: replica_set.primary() is None)
    return {"mongo_uri": replica_set.uri()}


def no_majority(folder, closing):
    """There is a primary, but two members don't follow it."""
    replica_set = started(ReplicaSet(folder), closing)
    for member in replica_set.in_state("SECONDARY"):
        replica_set.control.simulate("lag", members=[member], ms=86_400_000)
    return {"mongo_uri": replica_set.uri()}


STATES = {
    "connection refused": refused,
    "black hole": black_hole,
    "server hangs": hung,
    "inserts hang": hung_in_inserts,
    "read-only": read_only,
    "each document refused": each_document_refused,
    "closes on each insert": closing_each_time,
    "wrong password": wrong_password,
    "right missing": right_missing,
    "no primary": no_primary,
    "no majority": no_majority,
}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND  # utime, stime


def fill(broker, arguments):
    """Publishes arguments.pending messages with QoS 1; the devices then disconnect."""
    with DeviceSim(broker, devices=10, qos=1, rate=0, messages=arguments.pending // 10) as fleet:
        assert fleet.summary()["acknowledged"] >= arguments.pending - 10


def require_programs():
    for path in (build_tree.PLUGIN, build_tree.DEVICE_SIM, build_tree.MONGO_STORE,
                 build_tree.SCRIPTED_MONGOD):
        if not path.exists():
            sys.exit(f"waiting_cpu: {path} isn't there; cmake --build --preset release builds it")


def start_all(folder, arguments, closing):
    brokers = {"bare broker": Broker(folder / "bare", config=FEW_LOG_LINES)}
    healthy = scripted(folder / "healthy_server", closing).database().uri
    options = {"nothing to do": {"mongo_uri": healthy}}
    for number, (name, make) in enumerate(STATES.items()):
        options[name] = make(folder / f"server_{number}", closing)
    for number, (name, option) in enumerate(options.items()):
        option = {**option, "database": "mongogw", "shutdown_drain_ms": 0}
        brokers[name] = Broker(folder / f"broker_{number}", option, config=FEW_LOG_LINES)
    for broker in brokers.values():
        closing.callback(broker.kill)
        broker.start()
    for name in STATES:
        fill(brokers[name], arguments)
    return brokers


def pending(broker):
    broker.kill()
    found = mongo_store.succeed("journal", "inspect", broker.journal_dir)
    return int(re.search(r"^  pending +(\d+)$", found, re.M)[1])


def print_all(brokers, spent, arguments):
    print(f"{arguments.pending} messages pending; for {arguments.seconds} s, {arguments.warm_up} s "
          "after they had come")
    for name, broker in brokers.items():
        percent = 100 * spent[name] / arguments.seconds
        lines = broker.log.count("mongo_store: ")
        print(f"{name:24}{percent:6.2f} %   {lines} log lines")
        assert name not in STATES or pending(broker) == arguments.pending, "it didn't wait"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=30)
    parser.add_argument("--pending", type=int, default=4000)
    arguments = parser.parse_args()
    require_programs()
    with workspace() as (folder, closing):
        brokers = start_all(folder, arguments, closing)
        time.sleep(arguments.warm_up)
        before = {name: cpu_seconds(broker.child.pid) for name, broker in brokers.items()}
        time.sleep(arguments.seconds)
        spent = {name: cpu_seconds(b.child.pid) - before[name] for name, b in brokers.items()}
        print_all(brokers, spent, arguments)


if __name__ == "__main__":
    main()
