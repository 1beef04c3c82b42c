# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The plugin exports only its three entry points: under Mosquitto 2.0 every exported symbol of a plugin
enters the broker's own name space."""

import subprocess
import sys

EXPECTED = {"mosquitto_plugin_version", "mosquitto_plugin_init", "mosquitto_plugin_cleanup"}


def main(nm, plugin):
    listing = subprocess.run([nm, "-D", "--defined-only", plugin], check=True, text=True,
                             capture_output=True).stdout
    exported = {line.split()[-1] for line in listing.splitlines()}
    for symbol in sorted(exported - EXPECTED):
        print("exported, but not an entry point:", symbol)
    for symbol in sorted(EXPECTED - exported):
        print("not exported:", symbol)
    return 0 if exported == EXPECTED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
