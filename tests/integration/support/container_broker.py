# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker in a container with a memory limit: this machine's programs, Docker's control group."""

import io
import os
import subprocess
import tarfile
import uuid

from support import build_tree
from support.broker import Broker

_IMAGE = "mosquitto-mongo-store-test:host-programs"
_OOM_KILLED = 137


def _docker(*arguments, **more):
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, **more)


def _make_image():
    """An image with only the links into /usr, which is mounted, so no registry is needed."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in ("bin", "sbin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
        for name in ("usr", "etc", "tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(folder)
    _docker("import", "-", _IMAGE, input=archive.getvalue())


def is_docker_there():
    try:
        _docker("info")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class ContainerBroker(Broker):
    """Memory is limited to `memory`, in the words of docker run ("64m"), without swap. It shares
    this machine's network."""

    def __init__(self, folder, options, memory, **more):
        super().__init__(folder, options, **more)
        _make_image()
        self._name = f"mosquitto-mongo-store-test-{uuid.uuid4().hex[:12]}"
        mounts = [f"{build_tree.BUILD}:{build_tree.BUILD}:ro", f"{folder}:{folder}"]
        mounts += ["/usr:/usr:ro", "/etc/ld.so.cache:/etc/ld.so.cache:ro", "/etc/passwd:/etc/passwd:ro"]
        command = ["docker", "run", "--rm", "--name", self._name, "--network", "host"]
        command += [f"--memory={memory}", f"--memory-swap={memory}"]
        command += [f"--user={os.geteuid()}:{os.getegid()}"]
        command += [f"--volume={mount}" for mount in mounts]
        self.child.command = [str(part) for part in [*command, _IMAGE, *self.child.command]]

    def kill(self):
        """Kills the broker with kill -9; the container ends with it."""
        self._is_bad_end_expected = True
        if self.child.is_running():
            subprocess.run(["docker", "kill", self._name], capture_output=True, check=False)
        if self.child.exit_code is None:
            self.child.wait()

    def await_memory_kill(self, deadline_s=60):
        """Waits until the kernel kills it for exceeding the limit."""
        self._is_bad_end_expected = True
        exit_code = self.child.wait(deadline_s)
        assert exit_code == _OOM_KILLED, f"ended with {exit_code}:\n{self.log[-3000:]}"

    def memory_bytes(self):
        """The resident memory of the broker, without pages that can be written back."""
        status = _docker("exec", self._name, "cat", "/proc/1/status", text=True).stdout
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        return int(fields["RssAnon"].split()[0]) * 1024
