# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The simulator of a fleet, as a load."""

import json
import signal
import subprocess

from support import build_tree


class DeviceSim:
    """Runs while its "with" block does, and to its own end. flags: devices=5, sequence=None, …"""

    def __init__(self, broker, **flags):
        self._command = [build_tree.DEVICE_SIM, "--json", "--broker", broker.host]
        for name, value in {"port": broker.port, **flags}.items():
            flag = "--" + name.replace("_", "-")
            self._command += [flag] if value is None else [flag, str(value)]
        self._running = None

    def __enter__(self):
        self._running = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        if self._running.poll() is None:
            self._running.kill()
        self._running.communicate()

    def is_running(self):
        return self._running.poll() is None

    def end(self):
        """Asks it to end, like a user with Ctrl-C; it prints its summary as always."""
        self._running.send_signal(signal.SIGTERM)

    def summary(self, deadline_s=90):
        """Waits for its end: what it sent and what was acknowledged."""
        output, _ = self._running.communicate(timeout=deadline_s)
        assert self._running.returncode == 0, f"ended with {self._running.returncode}: {output}"
        return json.loads(output)
