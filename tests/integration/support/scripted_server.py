# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The scripted MongoDB of tests/support, which has users, TLS and replica set names; the embedded
server has none of them."""

import functools

import pymongo

from support import build_tree
from support.child import Child
from support.database import Database
from support.port import HOST, free_port, is_open

_READS = ["find", "count", "aggregate"]


class Control:
    """Tells a scripted server how to fail: tests/support/scripted_mongod/README.md."""

    def __init__(self, address):
        self._client = pymongo.MongoClient(
            f"mongodb://{address}/?directConnection=true", serverSelectionTimeoutMS=20000
        )
        self._admin = self._client.admin

    def close(self):
        self._client.close()

    def fail(self, commands, mode="alwaysOn", name="failCommand", **data):
        """mode: "alwaysOn", a number of times, or {"skip": n}. data: the fail point's."""
        mode = {"times": mode} if isinstance(mode, int) else mode
        data = {"failCommands": commands, **data}
        self._admin.command("configureFailPoint", name, mode=mode, data=data)

    # Each of these is a separate fail point. It returns the fail point's name, for mend() and
    # strikes(). If several match a command, the first one that was configured is used.

    def refuse_majority_reads(self):
        """Like a server with enableMajorityReadConcern: false. Writes still accept w: majority."""
        return self._named(
            "MajorityReads", _READS, readConcern="majority", errorCode=148,
            errmsg="Majority read concern requested, but server was not started with "
            "--enableMajorityReadConcern.",
        )

    def refuse_reads(self, code=13):
        """As if the user's role allowed inserting but not finding."""
        return self._named("Reads", _READS, errorCode=code)

    def slow_id_lists(self, ms=0, ms_per_id=0):
        """Delays reads by {_id: {$in: [...]}} for this time, but not those by {_id: X}. Without a
        time they wait until mend()."""
        times = {"blockTimeMS": ms, "blockTimeMSPerId": ms_per_id} if ms or ms_per_id else {}
        return self._named("IdLists", _READS, listedIds=True, blockConnection=True, **times)

    def throttle(self, documents_per_second, code=16500, retry_after_ms=None):
        """Refuses the documents of an insert that exceed the rate. All documents of one second may
        come at once."""
        throttle = {"documentsPerSecond": documents_per_second, "code": code}
        if retry_after_ms is not None:
            throttle["retryAfterMs"] = retry_after_ms
        return self._named("Throttle", ["insert"], throttle=throttle)

    def overload(self, code=462, labels=("SystemOverloadedError", "RetryableError"),
                 commands=("insert",), mode="alwaysOn"):
        """Makes commands fail as a whole, with these error labels."""
        return self._named(
            "Overload", list(commands), mode, errorCode=code, errorLabels=list(labels)
        )

    def refuse_documents(self, matching, code, errmsg=""):
        """Permanently refuses those documents of an insert that match the filter."""
        return self._named(
            "Documents", ["insert"], documentsMatching=matching,
            writeErrors=[{"code": code, "errmsg": errmsg}],
        )

    def lose_insert_answers(self, mode="alwaysOn"):
        """Executes inserts, and then closes the connection without an answer."""
        return self._named("Answers", ["insert"], mode, applyFirst=True, closeConnection=True)

    def _named(self, name, commands, mode="alwaysOn", **data):
        self.fail(commands, mode, "failCommand" + name, **data)
        return "failCommand" + name

    def mend(self, name="failCommand"):
        """Turns the fail point off and returns how many times it was used."""
        return self._admin.command("configureFailPoint", name, mode="off")["count"]

    def command(self, *command, **fields):
        return self._admin.command(*command, **fields)

    def simulate(self, action, **fields):
        return self._admin.command("simulate", action, **fields)

    def stats(self):
        return self._admin.command("scriptedStats")

    def strikes(self, name="failCommand"):
        return self.stats()["failPoints"].get(name, 0)


class ScriptedServer:
    """flags: the program's, without leading dashes: replica_set="rs0" is --replica-set rs0."""

    def __init__(self, folder, **flags):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        command = [build_tree.SCRIPTED_MONGOD, "--port", self.port]
        for name, value in flags.items():
            command += ["--" + name.replace("_", "-"), value]
        self.child = Child(command, folder / "server.log", build_tree.clean_environment())

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @functools.cached_property
    def control(self):
        return Control(self.address)

    def start(self):
        self.child.start()
        self.child.wait_until(lambda: is_open(self.port))
        return self

    def stop(self):
        self.child.kill()

    def database(self, credentials="", parameters=""):
        """credentials: "user:password@"; parameters: "?tls=true&…"."""
        return Database(f"mongodb://{credentials}{self.address}/{parameters}")
