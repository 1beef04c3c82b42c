# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A program that a test runs in the background."""

import os
import signal
import subprocess

from support.waiting import eventually


class Child:
    """One program, which may be started several times. Its output is appended to one log file."""

    def __init__(self, command, log_path, environment=None):
        self.command = [str(part) for part in command]
        self.log_path = log_path
        self.environment = environment
        self._running = None

    def start(self):
        assert not self.is_running(), f"{self.command[0]} runs already"
        with open(self.log_path, "ab") as log:
            self._running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def is_running(self):
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self):
        return self._running.pid

    @property
    def exit_code(self):
        """The exit code of the last start, negative if a signal ended it; None while it runs."""
        return self._running.poll() if self._running else None

    @property
    def log(self):
        try:
            return self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_until(self, predicate, deadline_s=20):
        """Waits for an effect of the program's start. Fails at once if the program ends first."""
        done = lambda: predicate() or not self.is_running()
        eventually(done, deadline_s, what=lambda: f"{self.command[0]}:\n{self.log[-3000:]}")
        assert predicate(), f"{self.command[0]} ended with {self.exit_code}:\n{self.log[-3000:]}"

    def wait(self, deadline_s=30):
        return self._running.wait(deadline_s)

    def signal(self, number):
        os.kill(self._running.pid, number)

    def suspend(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self, deadline_s=60):
        """Asks it to end and returns its exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
            self.resume()
        return self.wait(deadline_s)

    def kill(self):
        """Ends it with kill -9, even if it is suspended or was never started."""
        if self.is_running():
            self.signal(signal.SIGKILL)
        return self.wait() if self._running else None
