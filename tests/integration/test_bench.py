# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A bench that is interrupted leaves no folder and no program."""

import pathlib
import signal
import subprocess

import pytest

from support import build_tree
from support.waiting import eventually

JOURNAL_APPEND = build_tree.BUILD / "bench/bench-journal-append"


def folders_of(bench):
    return list((build_tree.BUILD / "bench").glob(f"*-{bench.pid}-*"))


def programs_in(folder):
    """The process ids of programs with the folder in their command line."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:  # it has ended
            continue
    return found


@pytest.mark.parametrize("name, number", [
    ("publish_rate", signal.SIGTERM),
    ("puback_latency", signal.SIGINT),
    ("waiting_cpu", signal.SIGHUP),
])
def test_a_signal_ends_all_that_a_bench_started(name, number):
    command = ["/usr/bin/python3", build_tree.SOURCE / f"bench/{name}.py"]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        [folder] = eventually(lambda: folders_of(bench))
        eventually(lambda: programs_in(folder))
        bench.send_signal(number)
        output, _ = bench.communicate(timeout=60)
    finally:
        bench.kill()
    assert bench.returncode == 128 + number, output
    assert "Traceback" not in output
    assert not folder.exists()
    assert not programs_in(folder)


def test_a_signal_ends_bench_journal_append_and_its_folder(tmp_path):
    folder = tmp_path / "journal"
    command = [JOURNAL_APPEND, "--dir", folder, "--rate", "100", "--seconds", "60"]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    eventually(folder.is_dir)
    eventually(lambda: any(folder.iterdir()))
    bench.send_signal(signal.SIGTERM)
    output, _ = bench.communicate(timeout=30)
    assert bench.returncode == 128 + signal.SIGTERM
    assert "records/s" in output
    assert not folder.exists()


def test_bench_journal_append_removes_nothing_that_it_did_not_make(tmp_path):
    (tmp_path / "precious").write_text("kept")
    done = subprocess.run([JOURNAL_APPEND, "--dir", tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"--dir {tmp_path}: not empty; accepted: a new or empty folder" in done.stderr
    assert (tmp_path / "precious").read_text() == "kept"
