# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Fixtures: the images, and the platform that the compose files make of them."""

import pathlib
import subprocess
import sys

import pytest

# Behind this folder: support is a package of both.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from support.engine import image, image_names, is_engine_there
from support.platform import DOCKER_FOLDER, Platform, compose_program

_DEVICE_RATE_S = 0.2


@pytest.fixture(scope="session")
def compose():
    if compose_program() is None:
        pytest.skip("needs docker-compose")


@pytest.fixture(scope="session")
def images():
    """Those that are there are taken as they are: who changes a source builds them again."""
    if not is_engine_there():
        pytest.skip("needs Docker")
    missing = [name for name in ("broker", "device-sim", "database", "vip") if not image_names(image(name))]
    if missing:
        subprocess.run([DOCKER_FOLDER / "build-images", "--local-base", *missing], check=True)


@pytest.fixture(scope="session")
def running_platform(images, compose, tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("platform"), _DEVICE_RATE_S)
    try:
        platform.scale(broker=2, device=0)
        platform.await_database()
        yield platform
    finally:
        platform.close()


@pytest.fixture
def platform(running_platform):
    """Two brokers, a database without documents, no devices: scale() says how many there are."""
    running_platform.clear()
    return running_platform
