# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The mongod that the tests and the campaign use, if there is one."""

import functools
import os
import pathlib
import re
import subprocess

from support import build_tree

VARIABLE = "MONGO_STORE_TEST_MONGOD"
_VERSION = re.compile(r"^db version v\d.*", re.MULTILINE)
_VERSION_DEADLINE_S = 60


class BadMongod(Exception):
    """One line: which program, what is wrong, what to do."""


def find():
    """The program that the variable names, or the one on PATH, or None. Raises BadMongod if it
    doesn't report a mongod's version."""
    return _found()[0]


def version():
    """As the program prints it: "db version v5.0.9"."""
    return _found()[1]


@functools.lru_cache(maxsize=None)
def _found():
    named = os.environ.get(VARIABLE, "")
    path = pathlib.Path(named).absolute() if named else build_tree.program("mongod")
    if path is None:
        return None, ""
    told, fault = _ask(path)
    if fault:
        source = f"{VARIABLE}={named}" if named else f"the mongod on PATH, {path}"
        raise BadMongod(f"{source}: {fault}; set {VARIABLE} to the path of a mongod")
    return path, told


def _ask(path):
    """Returns its version, or the reason why it can't be a mongod."""
    if not path.exists():
        return "", "no such file"
    if not path.is_file() or not os.access(path, os.X_OK):
        return "", "not a program"
    try:
        done = subprocess.run(
            [str(path), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_VERSION_DEADLINE_S,
        )
    except OSError as error:
        return "", f"can't be run ({error.strerror})"
    except subprocess.TimeoutExpired:
        return "", f"doesn't tell its version within {_VERSION_DEADLINE_S} s"
    told = _VERSION.search(done.stdout)
    if told:
        return told.group(), ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return "", "tells no version of a mongod" + (f", but {said[0][:200]!r}" if said else "")
