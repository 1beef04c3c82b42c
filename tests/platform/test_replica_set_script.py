# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Runs the script that creates the compose file's replica set against a model of the shell and of the
members, because no real set was available."""

import json
import pathlib
import subprocess

import pytest
from support.build_tree import SOURCE

SCRIPT = SOURCE / "docker/replica-set/make-set.js"
MODEL = pathlib.Path(__file__).parent / "support/mongosh_model.js"
HOSTS = [f"database-{number}:27017" for number in range(1, 6)]
SECRETS = {"database_admin_password": "a/b@c: d", "mongogw_password": "gw-s3cret"}


class Members:
    def __init__(self, folder):
        self._file = folder / "state.json"
        self._write({
            "now": 0, "config": None, "users": {}, "copiedAt": {}, "primaryAt": None,
            "electionMs": 5000, "copyMs": 20000, "secrets": SECRETS,
        })

    def _write(self, state):
        self._file.write_text(json.dumps(state))

    @property
    def state(self):
        return json.loads(self._file.read_text())

    @property
    def hosts(self):
        return [member["host"] for member in self.state["config"]["members"]]

    def change(self, **values):
        self._write({**self.state, **values})

    def run(self, count):
        """Returns the script's exit status and all its output."""
        done = subprocess.run(
            ["node", MODEL, SCRIPT, self._file], env={"PATH": "/usr/bin:/bin", "DATABASE_MEMBERS": str(count)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        )
        return done.returncode, done.stdout


@pytest.fixture
def members(tmp_path):
    return Members(tmp_path)


def test_it_makes_the_set_and_its_users_and_then_changes_nothing(members):
    status, said = members.run(3)
    assert status == 0 and said.endswith(f"replica set rs: {', '.join(HOSTS[:3])}\n")
    made = members.state
    assert members.hosts == HOSTS[:3] and made["config"]["_id"] == "rs"
    assert made["users"] == {
        "admin": {"admin": {"pwd": SECRETS["database_admin_password"], "roles": ["root"]}},
        "mongogw": {"mongogw": {"pwd": SECRETS["mongogw_password"],
                                "roles": [{"role": "readWrite", "db": "mongogw"}]}},
    }  # fmt: skip
    assert members.run(3)[0] == 0
    assert members.state == made


def test_it_adds_members_to_a_set_that_is_there(members):
    assert members.run(3)[0] == 0
    assert members.run(5)[0] == 0
    assert members.hosts == HOSTS
    ids = [member["_id"] for member in members.state["config"]["members"]]
    assert ids == [0, 1, 2, 3, 4]


def test_none_is_added_before_the_last_one_has_copied_all_data_however_long_that_takes(members):
    assert members.run(3)[0] == 0
    members.change(copyMs=1_000_000)
    runs = 1
    while members.run(5)[0] != 0:
        runs += 1
        assert runs < 20 and len(members.hosts) in (4, 5)
    assert runs > 4 and members.hosts == HOSTS
    assert max(members.state["copiedAt"].values()) <= members.state["now"]


def test_it_says_what_it_waited_for(members):
    members.change(electionMs=1_000_000)
    status, said = members.run(3)
    assert status == 1 and said == "gave up for now: the set has no primary\n"
    members.change(now=1_000_000)
    assert members.run(3)[0] == 0 and members.hosts == HOSTS[:3]


def test_a_changed_password_is_set(members):
    assert members.run(1)[0] == 0
    members.change(secrets={**SECRETS, "mongogw_password": "another"})
    assert members.run(1)[0] == 0
    assert members.state["users"]["mongogw"]["mongogw"]["pwd"] == "another"


@pytest.mark.parametrize("count", ["2", "three", ""])
def test_it_refuses_another_number_of_members(members, count):
    status, said = members.run(count)
    assert status == 1 and said == f'DATABASE_MEMBERS "{count}" isn\'t valid; accepted: 1, 3 or 5\n'
    assert members.state["config"] is None
