# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A stock Mosquitto on a free port, with or without the plugin."""

import os
import re

from support import build_tree
from support.child import Child
from support.port import HOST, free_port, is_served

_SANITIZER_REPORT = re.compile(
    r"WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer|runtime error:|SUMMARY: \w+Sanitizer"
)
_PORT_TAKEN = "Address already in use"
# If MongoDB answers, a stop delivers everything, even on a busy machine.
_DRAIN_MS = 40_000


class Broker:
    """Lives in one folder: configuration, log and, unless told otherwise, the plugin's journal.

    options: the plugin's, as a dict; in the order given. A value that is a list becomes one line
    for each of its items. options=None: no plugin. config: further lines before the plugin's.
    """

    def __init__(self, folder, options=None, config="", environment=None):
        self.folder = folder
        self.options = options
        self.config = config
        self.environment = dict(environment or {})
        self.plugin = build_tree.PLUGIN
        self.host = HOST
        self.port = free_port()
        self._is_bad_end_expected = False
        folder.mkdir(parents=True, exist_ok=True)
        command = [build_tree.program("mosquitto"), "-c", folder / "mosquitto.conf"]
        self.child = Child(command, folder / "mosquitto.log")

    @property
    def journal_dir(self):
        return self.folder / "journal"

    @property
    def default_options(self):
        return {"journal_dir": self.journal_dir, "shutdown_drain_ms": _DRAIN_MS}

    @property
    def log(self):
        return self.child.log

    def config_text(self):
        lines = [f"listener {self.port} {HOST}", "allow_anonymous true", "log_dest stderr"]
        lines += ["log_type all", "persistence false"]
        if os.geteuid() == 0:
            lines.append("user root")  # otherwise it becomes user mosquitto, who may not write here
        lines += self.config.strip().splitlines()
        if self.options is not None:
            lines.append(f"plugin {self.plugin}")
            lines += [
                f"plugin_opt_{key} {item}"
                for key, value in {**self.default_options, **self.options}.items()
                for item in (value if isinstance(value, list) else [value])
                if item is not None
            ]
        return "\n".join(lines) + "\n"

    def launch(self):
        """Starts it without waiting."""
        (self.folder / "mosquitto.conf").write_text(self.config_text())
        environment = {**build_tree.clean_environment(), **self.environment}
        if build_tree.PRELOAD:
            environment["LD_PRELOAD"] = build_tree.PRELOAD
        self.child.environment = environment
        self._is_bad_end_expected = False
        self.child.start()

    def await_start(self):
        """Waits until its main loop runs, because it obeys SIGTERM only from then on. Mosquitto up
        to 2.1.2 loses a signal that arrives just before, even after its line "running"
        (src/mosquitto.c sets "run" after it)."""
        self.child.wait_until(lambda: is_served(self.port) and self.child.is_running())

    def start(self):
        """Starts it and waits until it is ready."""
        for _ in range(5):
            before = len(self.log)
            self.launch()
            try:
                self.await_start()
                return self
            except AssertionError:
                if _PORT_TAKEN not in self.log[before:] or self.child.is_running():
                    raise
                self.port = free_port()
        raise AssertionError("no free port")

    def refused_start(self, deadline_s=20):
        """Starts a broker that must refuse to start, and returns what it logged."""
        before = len(self.log)
        # A broker that ends at start frees nothing, neither its own memory nor the plugin's.
        self.environment["ASAN_OPTIONS"] = "detect_leaks=0"
        self.launch()
        del self.environment["ASAN_OPTIONS"]
        self._is_bad_end_expected = True
        exit_code = self.child.wait(deadline_s)
        log = self.log[before:]
        assert exit_code > 0, f"ended with {exit_code}:\n{log}"
        return log

    def stop(self):
        """Stops it in an orderly way. Fails unless its exit code is 0."""
        exit_code = self.child.stop()
        assert exit_code == 0, self._bad_end(exit_code)

    def kill(self):
        self._is_bad_end_expected = True
        self.child.kill()

    def restart(self):
        if self.child.is_running():
            self.stop()
        return self.start()

    def sanitizer_reports(self):
        found = _SANITIZER_REPORT.search(self.log)
        return self.log[found.start() : found.start() + 6000] if found else ""

    def close(self):
        """Stops it at the end of each test, and checks its exit code and the sanitizers'
        reports."""
        is_running = self.child.is_running()
        exit_code = self.child.stop() if is_running or self.child.exit_code else 0
        reports = self.sanitizer_reports()
        assert not reports, reports
        assert exit_code == 0 or self._is_bad_end_expected, self._bad_end(exit_code)

    def _bad_end(self, exit_code):
        return f"the broker ended with {exit_code}:\n{self.log[-3000:]}"
