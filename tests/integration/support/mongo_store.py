# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The command-line tool, run to its end."""

import subprocess

from support import build_tree

_DEADLINE_S = 120


def run(*arguments, environment=None):
    return subprocess.run(
        [str(part) for part in [build_tree.MONGO_STORE, *arguments]],
        env=build_tree.clean_environment() | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
    )


def succeed(*arguments, environment=None):
    """Returns its output; fails unless it ended with 0."""
    done = run(*arguments, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
