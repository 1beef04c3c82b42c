# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Rounds of load, fault, recovery and audit, and the table of what they found."""

import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field

from scenarios import SCENARIOS
from support import build_tree


_MUST_BE_NONE = ("doubled", "unexpected", "dead_lettered")


@dataclass
class Row:
    """What all rounds of one scenario found."""

    rounds: int = 0
    messages: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    resent: int = 0
    damaged: int = 0
    bad_seeds: list = field(default_factory=list)

    def add(self, found, world):
        """True when the round kept the promise. Where bits were flipped, what the journal reports
        as damaged isn't lost without a word."""
        lost = max(0, found["missing"] - (world.damaged if world.is_damage_expected else 0))
        self.rounds += 1
        self.messages += found["messages"]
        self.acknowledged += found["acknowledged"]
        self.lost += lost
        self.doubled += found["doubled"]
        self.resent += found["doubled_by_resend"]
        self.damaged += world.damaged
        return lost == 0 and not any(found[name] for name in _MUST_BE_NONE)


_ERROR_CHARACTERS_MAX = 1000
_COLUMNS = ("rounds", "messages", "acknowledged", "lost", "doubled", "resent", "damaged")


def run_round(scenario, folder, seed):
    """The audit's findings, and the world in its end."""
    world = scenario.make_world(folder, seed)
    try:
        world.start()
        scenario.strike(world)
        world.end_load()
        world.settle()
        return world.audit(), world
    finally:
        world.close()


def run_scenario(name, rounds, first_seed, parent):
    row = Row()
    for seed in range(first_seed, first_seed + rounds):
        folder = parent / f"{name}_{seed}"
        begin = time.monotonic()
        try:
            found, world = run_round(SCENARIOS[name], folder, seed)
        except Exception as error:
            (folder / "error.txt").write_text(traceback.format_exc())
            found, is_good = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX], False
        else:
            is_good = row.add(found, world)
        seconds = time.monotonic() - begin
        print(f"{name} seed {seed}: {'ok' if is_good else 'FAILED'} in {seconds:.1f} s", flush=True)
        if is_good:
            shutil.rmtree(folder)
        else:
            row.bad_seeds.append(seed)
            print(f"  found: {found}\n  kept: {folder}", flush=True)
    return row


def print_table(rows):
    width = max(map(len, rows)) + 2
    print("\n" + "scenario".ljust(width) + "".join(name.rjust(14) for name in _COLUMNS))
    for name, row in rows.items():
        values = "".join(str(getattr(row, column)).rjust(14) for column in _COLUMNS)
        print(name.ljust(width) + values)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/campaign",
        description="Runs load from device-sim through faults, and audits what is stored.",
        epilog="Scenarios: "
        + "; ".join(f"{name}: {scenario.says}" for name, scenario in SCENARIOS.items()),
    )
    parser.add_argument("--rounds", type=int, default=1, help="of each scenario (1)")
    parser.add_argument("--seed", type=int, help="of the first round; the next ones count up")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), metavar="SCENARIO")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: accepted is a whole number from 1")
    if arguments.seed is None:
        arguments.seed = int(time.time()) % 1_000_000
    return arguments


def main():
    arguments = parse_arguments()
    parent = build_tree.BUILD / "campaign"
    parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    rows = {}
    for name in arguments.only or SCENARIOS:
        rows[name] = run_scenario(name, arguments.rounds, arguments.seed, folder)
    print_table(rows)
    bad = {name: row.bad_seeds for name, row in rows.items() if row.bad_seeds}
    for name, seeds in bad.items():
        for seed in seeds:
            print(f"again: scripts/campaign --only {name} --rounds 1 --seed {seed}")
    print(f"{len(rows) - len(bad)} scenarios passed, {len(bad)} failed")
    if not bad:
        folder.rmdir()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
