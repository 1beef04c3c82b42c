# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Rounds of load, fault, recovery and audit, and the table of what they found."""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field, replace

from scenarios import ON_REQUEST, REAL_SET, SCENARIOS
from support import build_tree, mongod


@dataclass
class Row:
    """The results of all rounds of one scenario."""

    rounds: int = 0
    messages: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    resent: int = 0
    damaged: int = 0
    rolled_back: int = 0
    bad_seeds: list = field(default_factory=list)

    def add(self, found, world):
        """Returns whether the round kept the promise."""
        self.rounds += 1
        self.messages += found["messages"]
        self.acknowledged += found["acknowledged"]
        self.lost += world.lost(found)
        self.doubled += found["doubled"]
        self.resent += found["doubled_by_resend"]
        self.damaged += world.damaged
        self.rolled_back += world.rolled_back
        return world.keeps_promise(found)


_ERROR_CHARACTERS_MAX = 1000
_COLUMNS = ("rounds", "messages", "acknowledged", "lost", "doubled", "resent")
_NO_MONGOD = (
    f"campaign: --real-set needs a mongod, but {mongod.VARIABLE} isn't set and none is on PATH; "
    "nothing was run. "
    f"Name one: {mongod.VARIABLE}=/path/to/mongod scripts/campaign --real-set"
)


def run_round(scenario, folder, seed):
    """Returns the audit's findings and the world after the round."""
    world = scenario.make_world(folder, seed)
    try:
        world.start()
        scenario.strike(world)
        world.end_load()
        world.settle()
        return world.audit(), world
    finally:
        world.close()


def run_scenario(name, scenario, rounds, first_seed, parent):
    row = Row()
    for seed in range(first_seed, first_seed + rounds):
        folder = parent / f"{name}_{seed}"
        begin = time.monotonic()
        try:
            found, world = run_round(scenario, folder, seed)
            is_good = row.add(found, world)
        except Exception as error:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "error.txt").write_text(traceback.format_exc())
            found, is_good = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX], False
        seconds = time.monotonic() - begin
        print(f"{name} seed {seed}: {'ok' if is_good else 'FAILED'} in {seconds:.1f} s", flush=True)
        if is_good:
            shutil.rmtree(folder)
        else:
            row.bad_seeds.append(seed)
            print(f"  found: {found}\n  kept: {folder}", flush=True)
    return row


def print_table(rows, columns):
    width = max(map(len, rows)) + 2
    print("\n" + "scenario".ljust(width) + "".join(name.rjust(14) for name in columns))
    for name, row in rows.items():
        values = "".join(str(getattr(row, column)).rjust(14) for column in columns)
        print(name.ljust(width) + values)


def _list(scenarios):
    return "; ".join(f"{name}: {scenario.says.rstrip('.')}" for name, scenario in scenarios.items()) + "."


def parse_arguments():
    """Also ends the program if --real-set finds no mongod."""
    parser = argparse.ArgumentParser(
        prog="scripts/campaign",
        description="Runs load from device-sim through faults, and audits the stored documents.",
        epilog=f"Scenarios: {_list(SCENARIOS)} Only with --only: {_list(ON_REQUEST)} "
        f"With --real-set: {_list(REAL_SET)}",
    )
    parser.add_argument("--rounds", type=int, default=1, help="rounds of each scenario (1)")
    parser.add_argument("--seed", type=int, help="seed of the first round; each round adds one")
    parser.add_argument("--only", action="append", metavar="SCENARIO")
    parser.add_argument("--messages", type=int, help="messages of soak_embedded (2,000,000)")
    parser.add_argument(
        "--real-set",
        action="store_true",
        help="scenarios with a replica set of real mongod processes, which each round creates on free ports "
        f"of loopback; uses the mongod that {mongod.VARIABLE} names, or the one on PATH",
    )
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: accepted: a whole number from 1")
    if arguments.messages is not None and arguments.messages < 1:
        parser.error("--messages: accepted: a whole number from 1")
    if arguments.messages is not None and "soak_embedded" not in (arguments.only or ()):
        parser.error("--messages: accepted only with --only soak_embedded")
    if arguments.seed is None:
        arguments.seed = int(time.time()) % 1_000_000
    arguments.scenarios = _chosen(parser, arguments)
    _look_for_mongod(arguments.real_set)
    return arguments


def _chosen(parser, arguments):
    scenarios = REAL_SET if arguments.real_set else {**SCENARIOS, **_on_request(arguments)}
    for name in arguments.only or ():
        if name not in scenarios:
            mode = "with" if arguments.real_set else "without"
            parser.error(f"--only {name}: accepted {mode} --real-set: {', '.join(scenarios)}")
    every = REAL_SET if arguments.real_set else SCENARIOS
    return {name: scenarios[name] for name in arguments.only or every}


def _on_request(arguments):
    load = () if arguments.messages is None else (("messages", arguments.messages),)
    return {name: replace(scenario, load=load) for name, scenario in ON_REQUEST.items()}


def _look_for_mongod(is_needed):
    """A bad mongod ends every campaign, because the other scenarios would start it, too."""
    try:
        program = mongod.find()
    except mongod.BadMongod as bad:
        print(f"campaign: {bad}", file=sys.stderr)
        sys.exit(2)
    if is_needed and not program:
        print(_NO_MONGOD)
        sys.exit(0)


def run_campaign(arguments):
    parent = build_tree.BUILD / "campaign"
    parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    rows = {
        name: run_scenario(name, scenario, arguments.rounds, arguments.seed, folder)
        for name, scenario in arguments.scenarios.items()
    }
    if not any(row.bad_seeds for row in rows.values()):
        folder.rmdir()
    return rows


def main():
    arguments = parse_arguments()
    end = lambda number, frame: sys.exit(128 + number)  # also ends everything that was started
    signal.signal(signal.SIGTERM, end)
    if arguments.real_set:
        print(f"real set: {mongod.find()}, {mongod.version()}", flush=True)
    rows = run_campaign(arguments)
    print_table(rows, (*_COLUMNS, "rolled_back" if arguments.real_set else "damaged"))
    bad = {name: row.bad_seeds for name, row in rows.items() if row.bad_seeds}
    flag = "--real-set " if arguments.real_set else ""
    for name, seeds in bad.items():
        for seed in seeds:
            print(f"run again: scripts/campaign {flag}--only {name} --rounds 1 --seed {seed}")
    print(f"{len(rows) - len(bad)} scenarios passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
