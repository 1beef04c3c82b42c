# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The plugin's options from docs/configuration.md, which is generated from the plugin's table."""

import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "configuration.md"
PREFIX = "MONGO_STORE_"
UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def read_defaults():
    """{"MONGO_STORE_MONGO_URI": "mongodb://…", …}; None if the default isn't a value."""
    defaults = {}
    for section in DOCUMENT.read_text(encoding="utf-8").split("\n### ")[1:]:
        name = re.search(r"^- Environment: `(\w+)`$", section, re.MULTILINE).group(1)
        default = re.search(r"^- Default: `(.*)`$", section, re.MULTILINE)
        defaults[name] = default and default.group(1)
    return defaults


def read_bytes(text):
    number, unit = re.fullmatch(r"(\d+)([KMGT]iB)?", text).groups()
    return int(number) * UNITS[unit or ""]
