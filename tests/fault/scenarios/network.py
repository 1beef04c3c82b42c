# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Connections to the database are cut in the middle of commands."""

import time

from support.database import Database, Server
from support.proxy import Proxy
from world import World

_CUT_FOR_S = 3


class _BehindProxy(Server):
    """The broker connects through the proxy; the audit doesn't."""

    def start(self):
        super().start()
        self.proxy = Proxy("127.0.0.1", self.child.port).start()
        return self

    def stop(self):
        self.proxy.stop()
        super().stop()

    def database(self):
        return _ThroughProxy(self)


class _ThroughProxy(Database):
    def __init__(self, server):
        super().__init__(server.uri)
        self._proxy = server.proxy

    @property
    def options(self):
        return {"mongo_uri": self._proxy.uri, "database": self.name}


def make_world(folder, seed):
    return World(folder, seed, make_database=_BehindProxy)


def cut(world):
    """Connections are cut before the server gets a command, after it ran one, or all at once."""
    proxy = world.server.proxy
    world.run_for(0.2, 0.5)
    proxy.cut_before = lambda message: world.random.random() < 0.2
    proxy.cut_after = lambda message: world.random.random() < 0.2
    end = time.monotonic() + _CUT_FOR_S
    while time.monotonic() < end:
        world.run_for(0.1, 0.4)
        proxy.cut_all()
    proxy.cut_before = proxy.cut_after = lambda message: False
    world.run_for(0.3, 1)
