# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The docker command, and the names of our images."""

import os
import subprocess

_COMMAND_S = 120


def docker(*arguments, accepted=(0,)):
    """Returns the output of both streams. Fails if the exit code isn't accepted."""
    done = subprocess.run(
        ["docker", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_COMMAND_S,
        check=False,
    )
    assert done.returncode in accepted, f"{done.args} ended with {done.returncode}: {done.stdout}"
    return done.stdout


def image(name):
    """broker, device-sim, database or vip, as in the compose files."""
    registry, tag = os.environ.get("REGISTRY", ""), os.environ.get("TAG", "latest")
    return f"{registry}mosquitto-mongo-store/{name}:{tag}"


def image_names(reference):
    """Returns the names of the local images that match, or an empty list."""
    return docker("image", "ls", "--format={{.Repository}}:{{.Tag}}", reference).split()


def is_engine_there():
    try:
        docker("info")
    except (OSError, AssertionError):
        return False
    return True
