# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Compares the ledgers of a round with the database, by mongo-store audit."""

import json
import subprocess

from support import build_tree

DEADLINE_S = 300


def _is_forgiven(line, spans_ms):
    """A QoS 2 message that was in flight during a span is forgiven, too: its PUBREC may have arrived
    then, and ledgers don't record PUBRECs."""
    at, is_exactly_once = line["acknowledged"], line["qos"] == 2
    return at is not None and any(
        since <= at and (at <= until or is_exactly_once and line["sent"] <= until)
        for since, until in spans_ms
    )


def without_acknowledgements(ledger, spans_ms):
    """Returns a copy without the lines of messages that were acknowledged within one of these spans."""
    copy = ledger.with_suffix(".forgiving")
    with open(ledger, encoding="utf-8") as lines, open(copy, "w", encoding="utf-8") as kept:
        kept.writelines(line for line in lines if not _is_forgiven(json.loads(line), spans_ms))
    return copy


def run_audit(ledgers, database, has_message_ids, deadline_s=DEADLINE_S):
    """Returns the numbers that --json prints."""
    command = [build_tree.MONGO_STORE, "audit", "--json"]
    command += [f"--mongo-uri={database.uri}", f"--database={database.name}"]
    command += ["--message-ids"] if has_message_ids else []
    result = subprocess.run(
        [str(part) for part in [*command, *ledgers]],
        capture_output=True,
        text=True,
        timeout=deadline_s,
        env=build_tree.clean_environment(),
    )
    if result.returncode not in (0, 1):
        raise AssertionError(f"mongo-store audit ended with {result.returncode}: {result.stderr}")
    return json.loads(result.stdout)
