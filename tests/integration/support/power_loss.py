# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A broker whose disk can lose its power, or fail (tests/support/power_loss/README.md)."""

import shutil
import subprocess

from support import build_tree

PLUGIN = build_tree.POWER_LOSS / "mosquitto_mongo_store_power_loss.so"
PROGRAM = build_tree.POWER_LOSS / "power-loss"

# The meaning of these seeds in the model; with higher ones it decides at random.
NOTHING_KEPT, EVERYTHING_KEPT, ENTRIES_KEPT, SECTORS_KEPT = range(4)

# statfs(2)
FILE_SYSTEMS = {
    "ext4": 0xEF53,
    "btrfs": 0x9123683E,
    "tmpfs": 0x01021994,
    "overlayfs": 0x794C7630,
    "nfs": 0x6969,
}


class PowerLoss:
    """The disk under a broker's journal. The broker must not be started yet, and must use its own
    journal_dir."""

    def __init__(self, broker, file_system=None):
        self._broker = broker
        self._shadow = broker.folder / "shadow"
        self._faults = broker.folder / "faults"
        broker.plugin = PLUGIN
        broker.environment["POWER_LOSS_SHADOW"] = str(self._shadow)
        broker.environment["POWER_LOSS_FAULTS"] = str(self._faults)
        if file_system:
            broker.environment["POWER_LOSS_STATFS"] = str(FILE_SYSTEMS[file_system])

    def fail(self, *lines):
        """From now on, calls fail as these lines say. Without lines, no call fails."""
        new = self._faults.with_suffix(".new")
        new.write_text("".join(line + "\n" for line in lines))
        new.rename(self._faults)

    def compose(self, seed, folder):
        """Writes the journal into `folder` as a power loss would leave it. The broker must have
        been killed."""
        command = [PROGRAM, self._broker.journal_dir, self._shadow, seed, folder]
        subprocess.run([str(part) for part in command], check=True)
        return folder

    def lose_power(self, seed):
        """Kills the broker and leaves only what is on the disk in its journal. The next start
        continues with that."""
        self._broker.kill()
        after = self.compose(seed, self._broker.folder / "journal_after")
        self.fail()
        shutil.rmtree(self._shadow)
        shutil.rmtree(self._broker.journal_dir)
        after.rename(self._broker.journal_dir)

    def is_durable(self, content):
        """Whether these bytes are on the disk, in any file."""
        return any(content in image.read_bytes() for image in self._shadow.glob("*.image"))
