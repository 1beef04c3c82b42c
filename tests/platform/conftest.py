# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Fixtures: the images, and the platform that the compose files build from them."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

# After this folder, because both folders contain a part of the package `support`.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from support import build_tree
from support.engine import image, image_names, is_engine_there
from support.platform import DOCKER_FOLDER, Platform, compose_program
from support.sandbox import Sandbox

_IMAGES = ("broker", "device-sim", "database", "vip")
_DEVICE_RATE_S = 0.2
_BUILD_IMAGES_S = 1800
_folder = pytest.StashKey[pathlib.Path]()


# Tests write nothing outside the build tree.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if config.option.basetemp is None:
        parent = build_tree.SOURCE / "build/platform"
        parent.mkdir(parents=True, exist_ok=True)
        config.stash[_folder] = pathlib.Path(tempfile.mkdtemp(dir=parent))
        config.option.basetemp = config.stash[_folder] / "tests"


def pytest_sessionfinish(session, exitstatus):
    folder = session.config.stash.get(_folder, None)
    if folder and exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def compose():
    if compose_program() is None:
        pytest.skip("needs docker-compose")


@pytest.fixture(scope="session")
def images():
    """Existing images are used as they are: rebuild them after changing a source."""
    if not is_engine_there():
        pytest.skip("needs Docker")
    missing = [name for name in _IMAGES if not image_names(image(name))]
    if missing:
        command = [DOCKER_FOLDER / "build-images", "--local-base", *missing]
        subprocess.run(command, check=True, timeout=_BUILD_IMAGES_S)


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
    """Two brokers, a database without documents, and no devices; scale() changes these numbers."""
    running_platform.clear()
    return running_platform


@pytest.fixture
def sandbox(images, tmp_path):
    """A network for single containers."""
    sandbox = Sandbox(tmp_path / "sandbox")
    yield sandbox
    sandbox.close()
