# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A bench leaves nothing behind: its folder is removed and its programs are ended, even if a signal
ends the bench."""

import contextlib
import os
import pathlib
import signal
import sys
import tempfile

from support import build_tree

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end(number, _):
    for other in _SIGNALS:  # a second Ctrl-C doesn't interrupt the clean-up
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def _children():
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == os.getpid():
            yield int(stat.parent.name)


def _kill_children():
    """Also ends a program that was just being started when a signal came."""
    for pid in _children():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@contextlib.contextmanager
def workspace():
    """An empty folder in the build tree, and an ExitStack for the programs that use it."""
    for number in _SIGNALS:
        signal.signal(number, _end)
    parent = build_tree.BUILD / "bench"
    parent.mkdir(exist_ok=True)
    prefix = f"{pathlib.Path(sys.argv[0]).stem}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=parent, prefix=prefix) as folder:
        with contextlib.ExitStack() as closing:
            closing.callback(_kill_children)  # the last callback
            yield pathlib.Path(folder), closing
