# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Support for these tests, in addition to the support for the integration tests."""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)
