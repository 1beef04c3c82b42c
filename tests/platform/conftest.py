# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Fixtures: the platform of the compose files."""

import pathlib
import sys

import pytest

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from support.platform import Platform

_DEVICE_RATE_S = 0.2


@pytest.fixture(scope="session")
def images():
    pass


@pytest.fixture(scope="session")
def running_platform(images, tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("platform"), _DEVICE_RATE_S)
    try:
        platform.scale(broker=2, device=0)
        platform.await_database()
        yield platform
    finally:
        platform.close()


@pytest.fixture
def platform(running_platform):
    running_platform.clear()
    return running_platform
