# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Every source file begins with the two lines that say whose it is and under which licence, and
every header guards itself with #pragma once."""

import pathlib
import sys

FOLDERS = ("plugin", "device-sim", "tests", "bench", "scripts", "cmake", "broker-config", "docker")
SUFFIXES = {".h", ".cc", ".py", ".go", ".cmake", ".sh"}
NAMES = {"CMakeLists.txt"}
LINES = ("SPDX-FileCopyrightText: mosquitto-mongo-store contributors",
         "SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause")


def main(root):
    problems = []
    count = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            is_script = folder in ("scripts", "cmake") and path.is_file() and not path.suffix
            if not (path.suffix in SUFFIXES or path.name in NAMES or is_script):
                continue
            count += 1
            head = path.read_text(encoding="utf-8").splitlines()[:4]
            if not all(any(line in text for text in head) for line in LINES):
                problems.append(f"{path.relative_to(root)}: its first lines aren't the two SPDX ones")
            if path.suffix == ".h" and "#pragma once" not in head:
                problems.append(f"{path.relative_to(root)}: no #pragma once below them")
    for line in problems:
        print(line)
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
