# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim's flags: passwords, and what it says of those that it doesn't take."""

import re
import subprocess
from pathlib import Path

import pytest
from support.simulator import (  # noqa: F401, fixtures among them
    BINARY,
    DEADLINE_S,
    finish,
    fixture_new_broker,
    fixture_start_sim,
)


@pytest.fixture(name="locked_broker")
def fixture_locked_broker(new_broker, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "fleet", "correct-horse"], check=True)
    broker = new_broker(password_file=passwords)
    broker.start()
    return broker


@pytest.mark.parametrize("protocol", ["3.1", "3.1.1", "5"])
def test_a_password_comes_from_a_file_and_is_shown_nowhere(
    locked_broker, start_sim, tmp_path, protocol
):
    (tmp_path / "right").write_text("correct-horse\n")
    login = ["--username", "fleet", "--password-file", tmp_path / "right"]
    process = start_sim(locked_broker.port, *login, "--protocol", protocol, "--json", "-r", "0.2",
                        "--messages", "5", "-q", "1")  # fmt: skip
    assert "correct-horse" not in Path(f"/proc/{process.pid}/cmdline").read_text()
    assert "correct-horse" not in Path(f"/proc/{process.pid}/environ").read_text()
    run = finish(process)
    assert (run.status, run.stderr, run.summary["acknowledged"]) == (0, "", 5)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_wrong_password_ends_it_with_one_line(locked_broker, start_sim, tmp_path, protocol):
    (tmp_path / "wrong").write_text("battery-staple\n")
    login = ["--username", "fleet", "--password-file", tmp_path / "wrong"]
    process = start_sim(locked_broker.port, *login, "--protocol", protocol, "--json")
    run = finish(process, 10)
    assert (run.status, run.summary["sent"]) == (1, 0)
    assert "authori" in run.stderr.lower() and run.stderr.count("\n") == 1
    assert "battery-staple" not in run.stderr


BAD_FLAGS = [
    ([], "--broker", ""),
    (["-b", ""], "--broker", "''"),
    (["-b", "h", "-p", "0"], "--port", "'0'"),
    (["-b", "h", "-p", "65536"], "--port", "'65536'"),
    (["-b", "h", "-p", "18x"], "--port", "'18x'"),
    (["-b", "h", "-r", "-1"], "--rate", "'-1'"),
    (["-b", "h", "-r", "fast"], "--rate", "'fast'"),
    (["-b", "h", "-r", "nan"], "--rate", "'nan'"),
    (["-b", "h", "-q", "3"], "--qos", "'3'"),
    (["-b", "h", "-q", "-1"], "--qos", "'-1'"),
    (["-b", "h", "--devices", "0"], "--devices", "'0'"),
    (["-b", "h", "--messages", "-5"], "--messages", "'-5'"),
    (["-b", "h", "--duration", "0"], "--duration", "'0'"),
    (["-b", "h", "--protocol", "4"], "--protocol", "'4'"),
    (["-b", "h", "--username", ""], "--username", "''"),
    (["-b", "h", "--username", "u", "--password-file", "/absent"], "--password-file", "'/absent'"),
    (["-b", "h", "--username", "u", "--password-file", "/dev/null"], "--password-file", "/dev/null"),
    (["-b", "h", "--capath", "/absent"], "--capath", "'/absent'"),
    (["-b", "h", "--capath", "/dev/null"], "--capath", "'/dev/null'"),
    (["-b", "h", "extra"], "'extra'", "--help"),
]


@pytest.mark.parametrize("flags, name, value", BAD_FLAGS)
def test_a_bad_flag_is_one_line_that_names_it_its_value_and_what_is_accepted(flags, name, value):
    run = subprocess.run([BINARY, *flags], capture_output=True, text=True, timeout=DEADLINE_S)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (64, "", 1)
    assert name in run.stderr and value in run.stderr and "accepted" in run.stderr


def test_a_password_file_needs_a_user_name(tmp_path):
    (tmp_path / "password").write_text("correct-horse\n")
    command = [BINARY, "-b", "h", "--password-file", tmp_path / "password"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert (run.returncode, run.stderr.count("\n")) == (64, 1)
    assert "--username" in run.stderr and "correct-horse" not in run.stderr


def test_an_unknown_flag_is_refused():
    run = subprocess.run([BINARY, "-b", "h", "--frob"], capture_output=True, text=True)
    assert run.returncode == 64 and "--frob" in run.stderr


def test_help_and_version():
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    for flag in ["-b, --broker=", "-p, --port=", "-r, --rate=", "-q, --qos=", "--devices=",
                 "--messages=", "--duration=", "--username=", "--password-file=", "--protocol=",
                 "--json", "--sequence", "--first-sequence=", "--message-id-property=", "--ledger="]:  # fmt: skip
        assert flag in text
    text = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"device-sim \d+\.\d+\.\d+ \(libmosquitto [\d.]+\)\n", text)
