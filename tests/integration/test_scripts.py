# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Scripts report wrong arguments and missing requirements, and do so quickly."""

import os
import subprocess
import sys

import pytest

from support import build_tree, mongod
from support.port import HOST, free_port

SCRIPTS = build_tree.SOURCE / "scripts"


@pytest.fixture
def run_script(tmp_path):
    """Uses the existing build: this cmake leaves a mark instead of building."""
    mark = tmp_path / "cmake_ran"
    (tmp_path / "cmake").write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    (tmp_path / "cmake").chmod(0o755)

    def run(name, *arguments, **environment):
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run([SCRIPTS / name, *arguments], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL,
                              env={**build_tree.clean_environment(), "PATH": path, **environment})
        return done, mark.exists()

    return run


@pytest.mark.parametrize("name", ["campaign", "demo", "fuzz", "test"])
@pytest.mark.parametrize("argument, status", [("--help", 0), ("--hlep", 2)])
def test_arguments_are_looked_at_before_anything_is_built(run_script, name, argument, status):
    done, is_built = run_script(name, argument)
    assert done.returncode == status and not is_built
    assert f"scripts/{name}" in (done.stderr if status else done.stdout)


def test_a_campaign_names_the_scenarios_that_there_are(run_script):
    assert "broker_killed: kill -9 under load" in " ".join(run_script("campaign", "--help")[0].stdout.split())
    done, is_built = run_script("campaign", "--only", "nothing")
    assert done.returncode == 2 and "disk_full" in done.stderr and not is_built


@pytest.mark.skipif(
    build_tree.program("mongod") is not None, reason="there is a mongod on PATH"
)
def test_a_real_set_without_a_mongod_is_one_line_and_no_failure(run_script):
    done, is_built = run_script("campaign", "--real-set")
    assert (done.returncode, done.stderr, is_built) == (0, "", False)
    assert done.stdout.count("\n") == 1 and "passed" not in done.stdout
    assert "none is on PATH" in done.stdout
    assert f"{mongod.VARIABLE}=/path/to/mongod scripts/campaign --real-set" in done.stdout


@pytest.mark.parametrize(
    "text, mode, fault",
    [
        (None, 0, "no such file"),
        ("", 0o644, "not a program"),
        ("#!/nowhere/sh\n", 0o755, "can't be run"),
        ("#!/bin/sh\necho another program\n", 0o755, "'another program'"),
        ("#!/bin/sh\nexit 1\n", 0o755, "tells no version of a mongod; set"),
    ],
)
@pytest.mark.parametrize("arguments", [["--real-set"], []], ids=["real_set", "others"])
def test_a_wrong_mongod_is_one_line_and_a_failure(
    run_script, tmp_path, arguments, text, mode, fault
):
    program = tmp_path / "given"
    if text is not None:
        program.write_text(text)
        program.chmod(mode)
    done, is_built = run_script("campaign", *arguments, **{mongod.VARIABLE: str(program)})
    assert (done.returncode, done.stdout, is_built) == (2, "", False)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"campaign: {mongod.VARIABLE}={program}: ")
    assert fault in done.stderr and f"set {mongod.VARIABLE} to" in done.stderr


def test_a_real_set_has_scenarios_of_its_own(run_script):
    done, is_built = run_script("campaign", "--real-set", "--only", "disk_full")
    assert done.returncode == 2 and "primary_rolled_back" in done.stderr and not is_built
    done, _ = run_script("campaign", "--only", "primary_frozen")
    assert done.returncode == 2 and "primary_rolled_back" in done.stderr


JUNIT = """<testsuites><testsuite name="s" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="unit.a" name="unit.a"><failure message="Failed"/>
<system-out>one\n[  FAILED  ] a_guard</system-out></testcase>
<testcase classname="test_b" name="test_c"><error message="x">E   ValueError: 3 failed,</error>
<system-out>--- Captured Err ---
a broker's log
</system-out></testcase>
<testcase classname="test_b" name="test_d"><skipped/></testcase>
<testcase classname="test_b" name="test_e"><system-out>well</system-out></testcase>
</testsuite></testsuites>"""


def test_results_are_summed_up_behind_what_failed(tmp_path):
    result = tmp_path / "integration-dev.xml"
    result.write_text(JUNIT)
    command = [sys.executable, SCRIPTS / "support/count_tests.py", result, result]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert said == [
        "failed: integration-dev: unit.a unit.a", "    one", "    [  FAILED  ] a_guard",
        "failed: integration-dev: test_b test_c", "    E   ValueError: 3 failed,",
        "    --- Captured Err ---", "    a broker's log",
    ] * 2 + ["2 passed, 4 failed, 2 skipped"]


@pytest.mark.skipif(
    build_tree.BUILD != build_tree.SOURCE / "build/release", reason="the demo takes the release build"
)
def test_a_demo_whose_database_is_away_says_so_at_once(run_script):
    address = f"{HOST}:{free_port()}"
    uri = f"mongodb://{address}/?serverSelectionTimeoutMS=500"
    done, _ = run_script("demo", "--seconds", "1", "--devices", "1", MONGO_STORE_MONGO_URI=uri)
    assert done.returncode == 1
    assert f"mongo-store: count at {address}" in done.stderr
    assert done.stderr.endswith("demo: the database can't be used\n")


def test_a_demo_names_a_mongod_that_is_none(run_script):
    done, is_built = run_script("demo", **{mongod.VARIABLE: "/nowhere/mongod"})
    assert (done.returncode, done.stdout, is_built) == (2, "", False)
    assert done.stderr.startswith(f"demo: {mongod.VARIABLE}=/nowhere/mongod isn't a program; ")


def with_progress(tmp_path, command):
    """Runs it without a terminal, with a line each second."""
    source = f'source "{SCRIPTS}/support/progress.sh"; progress_line_seconds=1'
    script = f'{source}; with_progress build "{tmp_path}/log" {command}; exit $?'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)


def test_a_long_command_shows_how_far_it_is_and_not_its_output(tmp_path):
    done = with_progress(tmp_path, "bash -c 'echo [3/37] Building; sleep 4'")
    assert (done.returncode, done.stderr) == (0, "")
    *progress, last = done.stdout.splitlines()
    assert "build: 2 s [3/37]" in progress and 2 <= len(progress) <= 4
    assert last.startswith("build: done in ")


def test_a_long_command_that_fails_shows_the_end_of_its_output(tmp_path):
    done = with_progress(tmp_path, "bash -c 'seq 100; exit 3'")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.split() == [str(number) for number in range(71, 101)]
