# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The journal reaches its bound, or its files are damaged between two runs."""

from support.waiting import eventually
from world import World

_RECORDS_FROM = 64 * 1024  # after both headers
_LAST_RECORDS = 2048  # a flip in the last record of a killed broker looks like half a record


def _flip_a_bit(world):
    """Flips a bit in a record that isn't delivered yet. Returns False if no segment has enough records."""
    candidates = []
    for segment in sorted((world.broker.journal_dir / "0001").glob("*.segment")):
        end = len(segment.read_bytes().rstrip(b"\0")) - _LAST_RECORDS
        if end > _RECORDS_FROM:
            candidates.append((segment, end))
    if not candidates:
        return False
    segment, end = world.random.choice(candidates)
    at = world.random.randrange(_RECORDS_FROM, end)
    with open(segment, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << world.random.randrange(8)]))
    return True


def damage(world):
    """Bits flip while the broker is down and its records are pending."""
    world.run_for(0.3, 1)
    world.server.suspend()
    world.run_for(0.5, 1.5)
    world.broker.kill()
    is_flipped = [_flip_a_bit(world) for _ in range(3)]
    world.is_damage_expected = True
    assert any(is_flipped), "no segment held enough records to damage one"
    world.server.resume()
    world.broker.start()
    world.run_for(0.3, 1)


def make_small_world(folder, seed):
    """A journal of the smallest size, and payloads that fill it in seconds."""
    small = {"journal_max_bytes": "16MiB"}
    return World(folder, seed, options=small, rate=0.05, padding=30_000)


def full(world):
    """The database is frozen until journal_max_bytes is reached, twice; messages are refused."""
    for count in (1, 2):
        world.server.suspend()
        is_full = lambda: world.broker.log.count("journal: full") >= count
        eventually(is_full, 120, what="the journal isn't full")
        world.run_for(0.5, 1.5)
        world.server.resume()
        is_taking = lambda: world.broker.log.count("journal: messages are accepted again") >= count
        eventually(is_taking, 120, what="the journal doesn't accept messages again")
        world.run_for(0.3, 1)
