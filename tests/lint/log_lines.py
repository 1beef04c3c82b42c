# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Compares the tables of log lines in docs/operations.md with the plugin's sources: the words of each
row are in a string literal, and each logging call has a row."""

import pathlib
import re
import sys

BEGIN, END = "## Each log line", "| REASON holds |"
CALL = re.compile(r"\b(?:log|write_log|log_exception|warnings_?\.push_back|\w+_log_)\(")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?:\s*"((?:[^"\\\n]|\\.)*)")*')
PART = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# In a row, numbers and names are words in capitals, or an ellipsis.
PLACEHOLDER = re.compile(r"…|\"|\*|\(|\)|/#|\b(?:[A-Z_]+(?:_…)?|\d+)\b")
COMPONENT = re.compile(r"^(?:journal|delivery|clock|topics|message_id|MongoDB|balance|not started): ")
PIECE_BYTES_MIN = 8  # a shorter one is in too many literals to say anything
SILENT = ("cli", "config/markdown.cc")  # not the plugin's log


def literals(source):
    """All string literals, those that the compiler joins joined."""
    return [
        "".join(PART.findall(match.group(0))).replace('\\"', '"')
        for match in LITERAL.finditer(source)
    ]


def call_text(source, begin):
    """From an opening bracket to its closing one."""
    depth, at = 0, begin
    while at < len(source):
        if source[at] == '"':
            at = PART.match(source, at).end()
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
        if depth == 0:
            break
    return source[begin:at]


def pieces(row):
    """The words of a row that must be in the sources."""
    without_component = COMPONENT.sub("", row)
    return [
        piece
        for piece in (part.strip(" :;,.") for part in PLACEHOLDER.split(without_component))
        if len(piece) >= PIECE_BYTES_MIN
    ]


def is_said(piece, known):
    """Whether literals say it, one or two after the other: a name may be between them."""
    if piece in known:
        return True
    words = piece.split(" ")
    halves = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words)))
    return any(all(half.strip(",;") in known for half in pair) for pair in halves)


def is_documented(text, row):
    return text.strip(" :;,.") in row or any(piece in text for piece in pieces(row))


def read_rows(document):
    text = document.read_text(encoding="utf-8")
    table = text[text.index(BEGIN) : text.index(END)]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    return [row for cell in cells for row in re.findall(r"`([^`]+)`", cell)]


def logging_calls(source):
    for match in CALL.finditer(source):
        said = [text for text in literals(call_text(source, match.end() - 1)) if " " in text.strip()]
        if said and not said[0].startswith("--"):  # of the command line
            yield source.count("\n", 0, match.start()) + 1, said


def main(root):
    rows = read_rows(root / "docs" / "operations.md")
    plugin = root / "plugin"
    sources = {
        path.relative_to(plugin): re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
        for suffix in ("*.h", "*.cc")
        for path in plugin.rglob(suffix)
        if not str(path.relative_to(plugin)).startswith(SILENT)
    }
    known = "\n".join(text for source in sources.values() for text in literals(source))
    problems = [
        f"docs/operations.md: no source says \"{piece}\" of `{row}`"
        for row in rows
        for piece in pieces(row)
        if not is_said(piece, known)
    ]
    calls = 0
    for path, source in sorted(sources.items()):
        for line, said in logging_calls(source):
            calls += 1
            if not any(is_documented(text, row) for text in said for row in rows):
                problems.append(f"plugin/{path}:{line}: no row of docs/operations.md has {said}")
    for problem in problems:
        print(problem)
    print(f"{len(rows)} rows, {calls} logging calls, {len(problems)} problems")
    return 1 if problems or not rows or not calls else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
