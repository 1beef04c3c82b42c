# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""What these tests need, with what the integration tests have."""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)
