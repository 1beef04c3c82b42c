# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Every relative link in a Markdown document leads to a file that exists, and its #anchor to a
heading of that file. README.md stays short, and names the version of CMakeLists.txt."""

import collections
import pathlib
import re
import sys
import urllib.parse

README_LINES_MAX = 170
NOT_OURS = {"build", ".git", ".cache"}

FENCE = re.compile(r"^ {0,3}(```|~~~)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
CODE_SPAN = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|\b(?:src|srcset|href)=\"([^\"]+)\"")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:")


def prose_lines(text):
    """Yields the number and text of each line that isn't code. Code is either fenced, or a block that
    is indented by four and follows a blank line. In a list, indented lines continue an item."""
    is_fenced = is_code = is_blank = False
    is_list = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            is_fenced = not is_fenced
            continue
        if is_fenced:
            continue
        if re.match(r"\s*([-*]|\d+\.)\s", line):
            is_list = True
        elif line and not line.startswith(" "):
            is_list = False
        indent = len(line) - len(line.lstrip())
        is_code = bool(line.strip()) and indent >= (6 if is_list else 4) and (is_blank or is_code)
        if line.strip() and not is_code:
            yield number, line
        is_blank = not line.strip()


def anchors(text):
    """Returns anchors as GitHub makes them: in lower case, without punctuation, with hyphens instead of
    spaces, and with a number if they repeat."""
    seen = collections.Counter()
    found = set()
    for _, line in prose_lines(text):
        heading = HEADING.match(line)
        if not heading:
            continue
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(text):
    for number, line in prose_lines(text):
        for link in LINK.finditer(CODE_SPAN.sub("", line)):
            target = link[1] or link[2]
            if not SCHEME.match(target):
                yield number, urllib.parse.unquote(target)


def fault(path, target, root):
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.is_relative_to(root) or not file.exists():
        return "no such file"
    if anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
        return "no such heading"
    return None


def readme_problems(root):
    lines = (root / "README.md").read_text(encoding="utf-8").splitlines()
    if len(lines) > README_LINES_MAX:
        yield f"README.md: {len(lines)} lines; at most {README_LINES_MAX}: move details to docs/"
    build = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    version = re.search(r"^project\(.*\bVERSION (\S+)", build, re.MULTILINE)[1]
    if not any(re.search(rf"\bversion {re.escape(version)}\b", line, re.I) for line in lines):
        yield f"README.md: doesn't say 'version {version}', the version in CMakeLists.txt"


def main(root):
    root = root.resolve()
    documents = [path for path in sorted(root.rglob("*.md"))
                 if not NOT_OURS & set(path.relative_to(root).parts)]
    problems = list(readme_problems(root))
    count = 0
    for path in documents:
        for number, target in links(path.read_text(encoding="utf-8")):
            count += 1
            wrong = fault(path, target, root)
            if wrong:
                problems.append(f"{path.relative_to(root)}:{number}: {target}: {wrong}")
    for line in problems:
        print(line)
    print(f"{len(documents)} documents, {count} links, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
