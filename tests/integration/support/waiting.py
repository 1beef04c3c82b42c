# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Waiting with generous deadlines: tests pass as soon as they can, and fail late."""

import time


def eventually(predicate, deadline_s=30, interval_s=0.05, what=None):
    """Returns the predicate's first true value. Fails if there is none before the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            message = what() if callable(what) else what
            raise AssertionError(f"not within {deadline_s} s: {message or predicate}; last: {value!r}")
        time.sleep(interval_s)


def stays(predicate, seconds=1.0, interval_s=0.05):
    """Fails if the predicate is ever false during this time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert predicate(), f"no longer true: {predicate}"
        time.sleep(interval_s)
