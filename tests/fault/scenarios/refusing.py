# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The database refuses documents: for now, or for good."""

from support.mqtt import Client, reading
from support.scripted_server import ScriptedServer
from support.waiting import eventually
from world import World

_DELIVERY_THREADS = 2
_POISON = 666
_UNLISTED_CODE = 28_999
_STORED_AT_ONCE_S = 20  # on a busy machine; documents held up by poison would wait a minute
_DEAD_LETTERS_S = 150


def make_world(folder, seed):
    return World(folder, seed, make_database=ScriptedServer, rate=0.02)


def throttled(world):
    """The server is overloaded (462), then accepts 300 documents a second; all others get 16500."""
    control = world.server.control
    world.run_for(0.2, 0.5)
    overload = control.overload()
    world.run_for(0.5, 1)
    control.mend(overload)
    retry_after_ms = world.random.choice([None, 50])
    throttle = control.throttle(300, retry_after_ms=retry_after_ms)
    world.run_for(4, 5)
    assert control.strikes(overload) and control.strikes(throttle)


class _PoisonWorld(World):
    """Some documents are refused for good and must become dead letters, which the audit must not see."""

    def audit(self):
        reasons = [letter["reason"] for letter in self.database.dead_letters.find()]
        assert len(reasons) == _DELIVERY_THREADS, reasons
        for reason in reasons:
            assert reason["code"] == "database_refused", reason
            assert f"code {_UNLISTED_CODE}" in reason["message"], reason
        self.database.dead_letters.delete_many({})
        return super().audit()


def make_poison_world(folder, seed):
    options = {"delivery_threads": _DELIVERY_THREADS}
    return _PoisonWorld(folder, seed, make_database=ScriptedServer, options=options)


def poison(world):
    """One document per delivery thread is refused with an unlisted code, among healthy documents."""
    world.server.control.refuse_documents({"value": _POISON}, _UNLISTED_CODE)
    world.run_for(0.2, 0.5)
    with Client(world.broker) as client:
        for number in range(_DELIVERY_THREADS):
            client.publish(f"device/poison-{number}", reading(f"poison-{number}", _POISON))
            world.run_for(0.3, 0.5)  # in a separate batch
    world.run_for(1, 2)
    world.end_load()
    acknowledged = sum(len(fleet.acknowledged()) for fleet in world.fleets)
    count = world.database.devices.estimated_document_count
    eventually(lambda: count() >= acknowledged, _STORED_AT_ONCE_S, what="poison holds others up")
    assert world.database.dead_letters.estimated_document_count() == 0
    letters = world.database.dead_letters.estimated_document_count
    eventually(lambda: letters() == _DELIVERY_THREADS, _DEAD_LETTERS_S, what="no dead letter")
