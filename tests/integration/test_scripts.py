# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""What scripts say of arguments and surroundings that are wrong, and that they say it soon."""

import os
import subprocess
import sys

import pytest

from support import build_tree
from support.port import HOST, free_port

SCRIPTS = build_tree.SOURCE / "scripts"


@pytest.fixture
def run_script(tmp_path):
    """Of the build, only what is there already: cmake is one that leaves a mark."""
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
