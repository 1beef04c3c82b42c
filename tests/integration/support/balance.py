# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The plugin's counts of messages: how they are reported, and what must be true of them."""

import json
import re

from support.mqtt import BALANCE_TOPIC, Client

_LOG_LINE = re.compile(
    r"mongo_store: balance: appended (\d+) = stored (\d+) \+ duplicates (\d+) \+ dead_lettered "
    r"(\d+) \+ damaged (\d+) \+ pending (\d+); since start: received (\d+) = appended (\d+) \+ "
    r"refused (\d+) \+ unkept (\d+) \+ ignored (\d+)"
)
_NAMES = (
    "appended stored duplicates dead_lettered damaged pending "
    "received appended_since_start refused unkept ignored"
).split()


def assert_balanced(balance):
    """Checks the two equations that always hold."""
    of_life = ["stored", "duplicates", "dead_lettered", "damaged", "pending"]
    of_run = ["appended_since_start", "refused", "unkept", "ignored"]
    assert balance["appended"] == sum(balance[name] for name in of_life), balance
    assert balance["received"] == sum(balance[name] for name in of_run), balance


def logged_balances(broker):
    """The balances in the log, in order: one for each start and one for each orderly stop. Checks
    each."""
    found = [map(int, numbers) for numbers in _LOG_LINE.findall(broker.log)]
    balances = [dict(zip(_NAMES, numbers)) for numbers in found]
    for balance in balances:
        assert_balanced(balance)
    return balances


class BalanceWatch:
    """Checks each balance that the broker publishes while its "with" block runs."""

    def __init__(self, broker):
        self._client = Client(broker)

    def __enter__(self):
        self._client.__enter__()
        self._client.subscribe(BALANCE_TOPIC, 0)
        return self

    def __exit__(self, error, *rest):
        self._client.__exit__(error, *rest)
        if error is None:
            assert self.seen(), "no balance was published"
            for balance in self.seen():
                assert_balanced(balance)

    def seen(self):
        return [json.loads(message.payload) for message in list(self._client.messages)]
