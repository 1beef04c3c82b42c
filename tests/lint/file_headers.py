# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Every source file begins with the two SPDX lines that name the copyright holders and the licence, and
every header has #pragma once."""

import pathlib
import sys

FOLDERS = ("plugin", "device-sim", "tests", "bench", "scripts", "cmake", "broker-config", "docker")
SUFFIXES = {".h", ".cc", ".py", ".go", ".cmake", ".sh"}
NAMES = {"CMakeLists.txt", "Dockerfile"}
LINES = ("SPDX-FileCopyrightText: mosquitto-mongo-store contributors",
         "SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause")


def main(root):
    problems = []
    count = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            is_script = path.is_file() and not path.suffix and path.read_bytes()[:2] == b"#!"
            if not (path.suffix in SUFFIXES or path.name in NAMES or is_script):
                continue
            count += 1
            head = path.read_text(encoding="utf-8").splitlines()[:4]
            if not all(any(line in text for text in head) for line in LINES):
                problems.append(f"{path.relative_to(root)}: doesn't begin with the two SPDX lines")
            if path.suffix == ".h" and "#pragma once" not in head:
                problems.append(f"{path.relative_to(root)}: no #pragma once after the SPDX lines")
    for line in problems:
        print(line)
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
