# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Sums up JUnit files: names each failed test with the end of its output, then prints
"N passed, N failed, N skipped"."""

import pathlib
import sys
import xml.etree.ElementTree as xml

SHOWN_LINES_MAX = 30


def number(suite, *names):
    return sum(int(suite.get(name, 0)) for name in names)


def said(case):
    """Returns the last lines of pytest's report on a failed case, and of the case's output."""
    texts = [element.text or "" for tag in ("failure", "error", "system-out") for element in case.iter(tag)]
    return [line for text in texts for line in text.strip("\n").splitlines()[-SHOWN_LINES_MAX:]]


def name_failures(path, root):
    for case in root.iter("testcase"):
        if case.find("failure") is None and case.find("error") is None:
            continue
        print(f"failed: {pathlib.Path(path).stem}: {case.get('classname', '')} {case.get('name')}")
        for line in said(case):
            print(f"    {line}")


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        try:
            root = xml.parse(path).getroot()
        except xml.ParseError as bad:
            print(f"failed: {pathlib.Path(path).stem}: its results can't be read: {bad}")
            failed += 1
            continue
        name_failures(path, root)
        for suite in root.iter("testsuite"):
            suite_failed = number(suite, "failures", "errors")
            suite_skipped = number(suite, "skipped", "disabled")
            failed += suite_failed
            skipped += suite_skipped
            passed += number(suite, "tests") - suite_failed - suite_skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


main(sys.argv[1:])
