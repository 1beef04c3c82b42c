# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Runs the fuzz targets for a while, and prints each target's statistics and findings."""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SEEDS = SOURCE / "tests/fuzz/seeds"
BUILD = SOURCE / "build/fuzz"
TARGETS = sorted(path.name for path in SEEDS.iterdir())
MINUTES_MAX = 7 * 24 * 60
ROW = "{:16} {:>12} {:>9} {:>12} {:>8}  {}"


def whole_number(maximum):
    def parse(text):
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {maximum}")
        return int(text)

    return parse


def read_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description=__doc__,
        epilog="Inputs that a run keeps are in build/fuzz/corpus, and the next run continues with "
        "them. If an input fails, it is in build/fuzz/findings, and the exit status is 1.",
    )
    parser.add_argument("--minutes", metavar="N", type=whole_number(MINUTES_MAX), default=60,
                        help="how long each target runs (default: 60)")
    parser.add_argument("--at-once", metavar="N", type=whole_number(len(TARGETS)),
                        default=min(os.cpu_count(), len(TARGETS)),
                        help="targets that run at the same time (default: one per processor)")
    parser.add_argument("--only", metavar="TARGET", choices=TARGETS, action="append",
                        help=f"{', '.join(TARGETS)} (default: all)")
    return parser.parse_args()


class Run:
    """One target, which runs from the start."""

    def __init__(self, target, minutes):
        self.target = target
        self.log = BUILD / f"{target}.log"
        self.corpus = BUILD / "corpus" / target
        findings = BUILD / "findings" / target
        for folder in (self.corpus, findings):
            folder.mkdir(parents=True, exist_ok=True)
        command = [BUILD / f"tests/fuzz/fuzz_{target}", f"-max_total_time={60 * minutes}"]
        command += ["-print_final_stats=1", f"-artifact_prefix={findings}/", self.corpus]
        self._begin = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*command, SEEDS / target], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)

    def end(self, status, usage):
        """Prints its row, and returns whether there were no findings."""
        self.process.returncode = os.waitstatus_to_exitcode(status)
        is_good = self.process.returncode == 0
        executed = re.findall(r"^stat::number_of_executed_units: (\d+)$", self.log.read_text(), re.M)
        seconds = time.monotonic() - self._begin
        print(ROW.format(self.target, *(executed or ["?"]), f"{seconds:.0f}",
                         f"{usage.ru_utime + usage.ru_stime:.0f}", len(list(self.corpus.iterdir())),
                         "none" if is_good else f"see {self.log.relative_to(SOURCE)}"), flush=True)
        return is_good


def main():
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    waiting = list(arguments.only or TARGETS)
    running, is_good = {}, True
    print(ROW.format("target", "runs", "seconds", "processor-s", "corpus", "finding"), flush=True)
    try:
        while waiting or running:
            while waiting and len(running) < arguments.at_once:
                run = Run(waiting.pop(0), arguments.minutes)
                running[run.process.pid] = run
            pid, status, usage = os.wait4(-1, 0)
            is_good &= running.pop(pid).end(status, usage)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        for run in running.values():
            run.process.kill()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
