# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Sums up JUnit files: prints "N passed, N failed, N skipped"."""

import sys
import xml.etree.ElementTree as xml


def number(suite, *names):
    return sum(int(suite.get(name, 0)) for name in names)


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        for suite in xml.parse(path).getroot().iter("testsuite"):
            suite_failed = number(suite, "failures", "errors")
            suite_skipped = number(suite, "skipped", "disabled")
            failed += suite_failed
            skipped += suite_skipped
            passed += number(suite, "tests") - suite_failed - suite_skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


main(sys.argv[1:])
