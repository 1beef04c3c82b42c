# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Checks every #include line of plugin/ against the module table of docs/architecture.md."""

import pathlib
import re
import sys

ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)

# The header prefixes of each third-party library in the table.
LIBRARIES = {
    "cJSON": ("cjson/",),
    "libbson": ("bson/",),
    "OpenSSL": ("openssl/",),
    "xxHash": ("xxhash.h",),
    "libmongoc": ("mongoc/", "bson/"),
    "mosquitto": ("mosquitto.h", "mosquitto_", "mosquitto/", "mqtt_protocol.h"),
}


def read_table(document):
    table = {}
    for line in document.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row:
            name, modules, libraries = row.groups()
            table[name] = (set(re.findall(r"`(\w+(?:/\w+\.h)?)`", modules)),
                           set(re.findall(r"`(\w+)`", libraries)))
    return table


def problem(module, quote, header, table):
    modules, libraries = table[module]
    if quote == '"':
        owner = header.split("/")[0]
        if owner not in table:
            return f'"{header}" doesn\'t belong to a module of the table'
        if owner == module or owner in modules or header in modules:
            return None
        return f"{module} may not include {owner} ({header})"
    for library, prefixes in LIBRARIES.items():
        if header.startswith(prefixes):
            if any(header.startswith(LIBRARIES[own]) for own in libraries):
                return None
            return f"{module} may not include {library} (<{header}>)"
    return None


def main(root):
    table = read_table(root / "docs" / "architecture.md")
    folders = {path.name for path in (root / "plugin").iterdir() if path.is_dir()}
    problems = []
    if folders != set(table):
        problems.append(f"plugin/ has {sorted(folders)}, the table has {sorted(table)}")
    sources = [path for suffix in ("*.h", "*.cc") for path in (root / "plugin").rglob(suffix)]
    for path in sorted(sources):
        module = path.relative_to(root / "plugin").parts[0]
        if module not in table:
            continue
        for quote, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            wrong = problem(module, quote, header, table)
            if wrong:
                problems.append(f"{path.relative_to(root)}: {wrong}")
    for line in problems:
        print(line)
    print(f"{len(sources)} files, {len(problems)} problems")
    return 1 if problems or not sources else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
