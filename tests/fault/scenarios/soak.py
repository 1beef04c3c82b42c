# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A collection grows large, and then the broker is killed."""

import time

from fleet import mixed_fleets
from support.database import EmbeddedServer, Server
from support.mqtt import await_balance
from world import World

_MESSAGES = 2_000_000
_DEVICES = 12  # of mixed_fleets
_SECONDS_BETWEEN_MESSAGES = 0.1  # a kill then leaves a batch or two in doubt, as with a real fleet
_FILLED_PER_S = 200  # at least, on a busy machine
_SETTLED_S = 1800
_AUDITED_S = 3600


class _Embedded(Server):
    """Uses the embedded database even if there is a mongod."""

    def __init__(self, folder):
        self.child = EmbeddedServer(folder)


class SoakWorld(World):
    """Fills the collection before the load of other rounds begins."""

    AUDIT_DEADLINE_S = _AUDITED_S

    def __init__(self, folder, seed, messages=_MESSAGES):
        super().__init__(folder, seed, make_database=_Embedded, rate=_SECONDS_BETWEEN_MESSAGES)
        self.messages = messages

    def make_fleets(self):
        """The fleets that fill the collection run first, and end after a fixed number of messages."""
        each = max(1, self.messages // _DEVICES)
        folder = self.folder / "filling"
        folder.mkdir()
        filling = mixed_fleets(folder, self.broker, rate=0, messages=each)
        for fleet in filling:
            self._closing.callback(fleet.kill)
            fleet.start()
        for fleet in filling:
            fleet.await_end(self._fill_deadline_s)
        await_balance(self.broker, self._fill_deadline_s, pending=0)
        self.filling = filling
        return super().make_fleets()

    @property
    def _fill_deadline_s(self):
        return 300 + self.messages / _FILLED_PER_S

    def audit(self):
        self.fleets += self.filling
        return super().audit()


def killed_when_large(world):
    """Two million documents (--messages) in the embedded database; kill -9 under load, three times."""
    for _ in range(3):
        world.run_for(1, 2)
        world.broker.kill()
        world.broker.start()
    world.run_for(1, 2)
    world.end_load()
    began = time.monotonic()
    await_balance(world.broker, _SETTLED_S, pending=0)
    print(f"soak_embedded: settled {time.monotonic() - began:.0f} s after the load's end", flush=True)
