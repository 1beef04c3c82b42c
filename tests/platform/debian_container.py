# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A container that plays the role of a Debian machine: runs commands in it, and inspects it."""

import subprocess
import time
import uuid

_DEADLINE_S = 300


def docker(*arguments):
    """Returns the completed command, whatever its exit status is."""
    return subprocess.run(
        ["docker", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
    )


def must_docker(*arguments):
    done = docker(*arguments)
    assert done.returncode == 0, f"docker {arguments[0]}: {done.stderr}"


def make_name():
    return f"mosquitto-mongo-store-debian-{uuid.uuid4().hex[:12]}"


class DebianContainer:
    """It has its own network, and shares nothing with this machine."""

    def __init__(self, image):
        self.name = make_name()
        must_docker("run", "--detach", "--init", "--name", self.name, image, "sleep", "infinity")

    def remove(self):
        must_docker("rm", "--force", "--volumes", self.name)

    def save_as_image(self):
        image = make_name()
        must_docker("commit", self.name, image)
        return image

    def copy(self, path, to):
        must_docker("cp", path, f"{self.name}:{to}")

    def run(self, script):
        """Runs a shell script as root, and returns all its output."""
        done = docker("exec", self.name, "sh", "-ec", f"exec 2>&1; {script}")
        assert done.returncode == 0, f"{script}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command, log):
        """Starts a program in the background. It replaces the shell."""
        must_docker("exec", "--detach", self.name, "sh", "-c", f"exec {command} >{log} 2>&1")

    def succeeds(self, script):
        return docker("exec", self.name, "sh", "-ec", script).returncode == 0

    def await_success(self, script, deadline_s=60):
        end = time.monotonic() + deadline_s
        while not self.succeeds(script):
            if time.monotonic() > end:
                logs = self.run("tail -n 30 /tmp/*.log /var/log/mosquitto/*.log || true")
                raise AssertionError(f"not within {deadline_s} s: {script}\n{logs}")
            time.sleep(0.2)

    def has(self, path):
        return self.succeeds(f"test -e {path}")
