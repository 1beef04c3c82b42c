# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A broker's wall clock, which a test can step at any time; the monotonic clock isn't affected."""

import pathlib


class StepClock:
    """Differs from this machine's clock by the last step. Pass its environment to the broker."""

    def __init__(self, folder):
        self._offset = folder / "clock_offset"
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        assert library, "Debian's package faketime is missing"
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.step_to(0)

    def step_to(self, offset_s):
        new = self._offset.with_suffix(".new")
        new.write_text(f"{offset_s:+d}\n")
        new.rename(self._offset)
