# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The paths of the programs under test and of those that tests use."""

import os
import pathlib
import shutil

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = SOURCE / os.environ.get("MONGO_STORE_BUILD_DIR", "build/release")
PLUGIN = BUILD / "plugin/broker/mosquitto_mongo_store.so"
MONGO_STORE = BUILD / "plugin/cli/mongo-store"
DEVICE_SIM = BUILD / "device-sim/device-sim"
SCRIPTED_MONGOD = BUILD / "tests/support/scripted_mongod/scripted-mongod"
JOURNAL_FILLER = BUILD / "tests/support/journal_filler/journal-filler"
POWER_LOSS = BUILD / "tests/support/power_loss"
PARSER_FAULT = BUILD / "tests/support/parser_fault/parser_fault.so"
EMBEDDED_MONGODB = SOURCE / "build/embedded_mongodb/embedded-mongodb"

# The runtime of the sanitizer that the plugin is built with, to be loaded into the broker.
PRELOAD = os.environ.get("MONGO_STORE_PRELOAD", "")

# The sanitizers' options if the environment sets none; the same as in CMakePresets.json.
_SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "intercept_tls_get_addr=0",
    "TSAN_OPTIONS": f"suppressions='{SOURCE}/tests/support/tsan.supp'",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def program(name):
    """The path of a program that may be in a folder outside an ordinary user's PATH; None if there
    is none."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    return pathlib.Path(path) if path else None


def clean_environment():
    """This process's environment without variables that are options, but with those for the
    sanitizers."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MONGO_STORE_") and name != "MESOS_TASK_ID"
    }
    return {**_SANITIZER_OPTIONS, **ours}
