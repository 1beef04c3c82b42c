# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The environment of a round: a database, a broker with the plugin, and devices that never stop."""

import contextlib
import random
import time

from audit import DEADLINE_S, run_audit, without_acknowledgements
from fleet import mixed_fleets
from support.balance import logged_balances
from support.broker import Broker
from support.database import Server

_SECONDS_BETWEEN_MESSAGES = 0.005
_RETRY_SOON = {"retry_min_ms": 20, "retry_max_ms": 500}
_DRAIN_MS = 8000
_SETTLE_STARTS_MAX = 20
_MUST_BE_NONE = ("doubled", "unexpected", "dead_lettered")


class World:
    """The environment of one round. A fault acts on its parts, and leaves them able to work again.

    options: options of the plugin in addition to the usual ones. load: flags of device-sim in addition
    to the usual ones. The seed decides when and where faults strike, and also whether devices send
    message ids, unless has_message_ids does.
    """

    AUDIT_DEADLINE_S = DEADLINE_S

    def __init__(
        self,
        folder,
        seed,
        make_database=Server,
        make_broker=Broker,
        options=(),
        has_message_ids=None,
        **load,
    ):
        folder.mkdir(parents=True)
        self.folder = folder
        self.random = random.Random(seed)
        self.has_message_ids = seed % 2 == 1 if has_message_ids is None else has_message_ids
        self.damaged = 0  # records, by the journal's final count
        self.is_damage_expected = False
        self.rolled_back = 0  # documents, if the database reports them
        self._forgiven = []
        self._load = {"rate": _SECONDS_BETWEEN_MESSAGES, **load}
        with contextlib.ExitStack() as closing:
            self.server = make_database(folder / "database")
            closing.callback(self.server.stop)
            self.server.start()
            self.database = self.server.database()
            closing.callback(self.database.close)
            self.broker = make_broker(folder / "broker", {**self._options(), **dict(options)})
            self._closing = closing.pop_all()
        self.fleets = []

    def _options(self):
        ids = {"message_id": "payload:sequence"} if self.has_message_ids else {}
        return {
            **self.database.options,
            **_RETRY_SOON,
            **ids,
            "shutdown_drain_ms": _DRAIN_MS,
            "journal_sync": "100ms",
        }

    def start(self):
        self._closing.callback(self.broker.kill)
        self.broker.start()
        self.fleets = self.make_fleets()
        for fleet in self.fleets:
            self._closing.callback(fleet.kill)
            fleet.start()

    def make_fleets(self):
        return mixed_fleets(self.folder, self.broker, **self._load)

    def run_for(self, seconds_min, seconds_max):
        """Lets the load run for a random time between these bounds."""
        time.sleep(self.random.uniform(seconds_min, seconds_max))

    def end_load(self):
        for fleet in self.fleets:
            fleet.end()

    def settle(self):
        """Stops the broker as often as needed to deliver all its records."""
        for _ in range(_SETTLE_STARTS_MAX):
            if not self.broker.child.is_running():
                self.broker.start()
            self.broker.stop()
            balance = logged_balances(self.broker)[-1]
            if balance["pending"] == 0:
                self.damaged = balance["damaged"]
                return
        raise AssertionError(f"still pending after {_SETTLE_STARTS_MAX} starts: {balance}")

    def forgive(self, since, until):
        """Acknowledgements between these times, in seconds since 1970, don't count."""
        self._forgiven.append((since * 1000, until * 1000))

    def audit(self):
        ledgers = [fleet.ledger for fleet in self.fleets]
        if self._forgiven:
            ledgers = [without_acknowledgements(ledger, self._forgiven) for ledger in ledgers]
        return run_audit(ledgers, self.database, self.has_message_ids, self.AUDIT_DEADLINE_S)

    def lost(self, found):
        """Returns how many messages were lost silently. If bits were flipped, records that the journal
        reports as damaged don't count."""
        return max(0, found["missing"] - (self.damaged if self.is_damage_expected else 0))

    def is_clean(self, found):
        """Whether nothing except loss went wrong."""
        return not any(found[name] for name in _MUST_BE_NONE)

    def keeps_promise(self, found):
        return self.lost(found) == 0 and self.is_clean(found)

    def close(self):
        """Ends everything that is still running."""
        self._closing.close()

