# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Compares the tables of log lines in docs/operations.md with the plugin's sources: each line that a
source logs has a row, and each row's words are in a source. A row describes its line from beginning to
end. In a row, a word in capitals is a value, and an ellipsis is any text."""

import functools
import pathlib
import re
import sys

import log_templates

BEGIN, END = "## Each log line", "| REASON holds |"
ANY = "\2"
REST, VALUE = log_templates.REST, log_templates.VALUE
COMPONENT = re.compile(rf"^(?:{log_templates.COMPONENTS}): ")
# A row may show an example instead of a value, and a value may be absent from a line.
EXAMPLE = re.compile(rf"{VALUE}: {VALUE}|(?:: )?[^\s:;{ANY}]+")


def read_rows(document):
    text = document.read_text(encoding="utf-8")
    table = text[text.index(BEGIN) : text.index(END)]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    return [row for cell in cells for row in re.findall(r"`([^`]+)`", cell)]


def marked(row):
    """The row with a mark for each value and each ellipsis."""
    values = re.sub(r"\b[A-Z][A-Z_]*\b", VALUE, row)
    return re.sub(rf"{VALUE}(?:[/.]?{VALUE})+", VALUE, values).replace("…", ANY)


def agree(row, template):
    """Whether the row, as marked() returns it, describes the template."""

    @functools.lru_cache(maxsize=None)
    def from_here(at_row, at_line):
        if template[at_line:] == REST:
            return True
        if at_row == len(row):
            return at_line == len(template)
        if row[at_row] == ANY:
            is_longer = at_line < len(template)
            return from_here(at_row + 1, at_line) or (is_longer and from_here(at_row, at_line + 1))
        if at_line == len(template):
            return False
        if row[at_row] == template[at_line] and from_here(at_row + 1, at_line + 1):
            return True
        example = template[at_line] == VALUE and EXAMPLE.match(row, at_row)
        return bool(example) and any(
            from_here(end, at_line + 1) for end in range(at_row + 1, example.end() + 1)
        )

    return from_here(0, 0)


def pieces(row):
    words = re.split(rf"[{VALUE}{ANY}\"*()]|/#|\b\d+\b", marked(COMPONENT.sub("", row)))
    return [piece.strip(" :;,.") for piece in words if len(piece.strip(" :;,.")) > 3]


def is_said(piece, known):
    """Whether a literal says the piece, or one literal its first words and another the rest."""
    cuts = [match.start() for match in re.finditer(" ", piece)]
    parts = [(piece[:cut].rstrip(",;"), piece[cut:].lstrip()) for cut in cuts]
    return piece in known or any(first in known and rest in known for first, rest in parts)


def main(root):
    rows = read_rows(root / "docs" / "operations.md")
    plugin = root / "plugin"
    sources = {
        path.relative_to(plugin): path.read_text(encoding="utf-8")
        for suffix in ("*.h", "*.cc")
        for path in plugin.rglob(suffix)
    }
    known = "\n".join(
        literal
        for path, source in sources.items()
        if not str(path).startswith(log_templates.SILENT)
        for literal in log_templates.all_literals(source)
    )
    problems, described, count = [], set(), 0
    for path, source in sorted(sources.items()):
        if not log_templates.is_read(path):
            continue
        for number, template in log_templates.templates(source):
            count += 1
            its_rows = [row for row in rows if agree(marked(row), template)]
            described.update(its_rows if not template.endswith(REST) else ())
            if not its_rows:
                line = re.sub(f"[{VALUE}{REST}]", "…", template)
                problems.append(f"plugin/{path}:{number}: docs/operations.md has no row for `{line}`")
    # Several functions build the other rows' lines.
    for row in rows:
        for piece in pieces(row) if row not in described else []:
            if not is_said(piece, known):
                problems.append(f'docs/operations.md: no source says "{piece}" of `{row}`')
    for problem in problems:
        print(problem)
    print(f"{len(rows)} rows, {len(described)} of them whole lines, {count} lines, {len(problems)} problems")
    return 1 if problems or not described or not count else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
