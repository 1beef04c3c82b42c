# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The memory of a process, as the kernel counts it."""

import threading

KIB, MIB = 1024, 1024 * 1024


def _status_bytes(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * KIB
    raise AssertionError(f"no {name} of process {pid}")


class MemorySampler:
    """Records a process's memory in `samples`, twenty times a second, while its "with" block runs.

    name: a field of /proc/PID/status: VmRSS, or RssAnon, which excludes pages that are mapped from
    files and can be written back at any time.
    """

    def __init__(self, pid, name="VmRSS"):
        self.samples = []
        self._pid = pid
        self._name = name
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._done.is_set():
            self.samples.append(_status_bytes(self._pid, self._name))
            self._done.wait(0.05)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
