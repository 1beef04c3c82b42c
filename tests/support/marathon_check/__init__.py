# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Checks the files of docker/marathon against the rules of Marathon, of the database's service and
of the plugin."""
