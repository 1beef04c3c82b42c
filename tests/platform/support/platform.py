# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The platform of the compose files, under its own project name."""

import csv
import json
import os
import shutil
import subprocess
import uuid

import pymongo

from support import build_tree
from support.broker_container import BrokerContainer
from support.engine import docker
from support.port import HOST, free_port
from support.waiting import eventually

DOCKER_FOLDER = build_tree.SOURCE / "docker"
SHIPPED = DOCKER_FOLDER / "compose.yaml"
LOCAL = DOCKER_FOLDER / "compose.local.yaml"
_TEST = build_tree.SOURCE / "tests/platform/compose.test.yaml"
_MAKE_SECRETS = DOCKER_FOLDER / "make-secrets"

_COMMAND_S = 300
_READY_S = 120
_DATABASE, _COLLECTIONS = "mongogw", ("devices", "devices_dead_letter")
# The status socket of docker/vip/haproxy.cfg.
_ASK_HAPROXY = "exec 3<>/dev/tcp/127.0.0.1/9999; echo 'show stat' >&3; cat <&3"


def compose_program():
    """Returns docker-compose 1.29 or later, or the engine's own plugin, or None if there is neither."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if not shutil.which("docker"):
        return None
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else None


def run_compose(files, *arguments, environment=None):
    """Returns the output. Fails unless the exit code is 0."""
    command = [*compose_program(), *(f"--file={path}" for path in files), *map(str, arguments)]
    done = subprocess.run(
        command,
        env=build_tree.clean_environment() | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Platform:
    """The shipped files with the local override. Devices write ledgers, and brokers recognise resends."""

    def __init__(self, folder, device_rate_s):
        self.project = f"mongo-store-test-{uuid.uuid4().hex[:8]}"
        self.host, self.port = HOST, free_port()  # of the virtual IP
        self.ledgers = folder / "ledgers"
        self.ledgers.mkdir(parents=True)
        self.ledgers.chmod(0o777)  # each container has its own user
        self.secrets = folder / "secrets"
        subprocess.run([_MAKE_SECRETS, self.secrets], check=True, capture_output=True)
        self.environment = {
            "SECRETS_DIR": str(self.secrets),
            "SECRETS_GROUP": str(os.stat(self.password_file).st_gid),
            "MQTT_PORT": str(self.port),
            "MESSAGE_ID": "payload:sequence",
            "LEDGERS": str(self.ledgers),
            "DEVICE_RATE": str(device_rate_s),
        }
        self._client = None

    @property
    def password_file(self):
        return self.secrets / "mongogw_password"

    def compose(self, *arguments):
        arguments = (f"--project-name={self.project}", *arguments)
        return run_compose((SHIPPED, LOCAL, _TEST), *arguments, environment=self.environment)

    def scale(self, profile=None, **counts):
        """scale(broker=2, device=5): returns once the virtual IP reaches all of these brokers."""
        profiles = [f"--profile={profile}"] if profile else []
        flags = [flag for name, count in counts.items() for flag in ("--scale", f"{name}={count}")]
        self.compose(*profiles, "up", "--detach", *flags)
        self.await_brokers(counts["broker"])

    def await_database(self):
        """Waits until the database is healthy, which means that the user can log in."""
        [name] = self.containers("database")
        health = "--format={{.State.Health.Status}}"
        eventually(lambda: docker("inspect", health, name).strip() == "healthy", _READY_S, 0.2)

    def await_brokers(self, count):
        """Waits until HAProxy's last check of `count` brokers got an MQTT answer."""
        eventually(lambda: self._count_brokers("L7OK") == count, _READY_S, 0.2, self._vip_log)

    def brokers_up(self):
        """Returns how many brokers get new connections. One late answer to a check removes no broker."""
        return self._count_brokers()

    def _count_brokers(self, check_status=""):
        [vip] = self.containers("vip")
        answer = docker("exec", vip, "bash", "-c", _ASK_HAPROXY, accepted=(0, 1))  # 1: not yet
        rows = csv.DictReader(answer.removeprefix("# ").splitlines())
        return sum(
            row["pxname"] == "brokers"
            and row["svname"] != "BACKEND"
            and row["status"].startswith("UP")
            and row["check_status"].endswith(check_status)
            for row in rows
        )

    def _vip_log(self):
        return "".join(docker("logs", name) for name in self.containers("vip"))

    def containers(self, service):
        """Returns the names in the order of their numbers, including containers that have ended."""
        labels = (f"project={self.project}", f"service={service}")
        filters = [f"--filter=label=com.docker.compose.{label}" for label in labels]
        return sorted(docker("ps", "--all", "--format={{.Names}}", *filters).split())

    def brokers(self):
        return [BrokerContainer(name, self.project) for name in self.containers("broker")]

    def network(self, name):
        return f"{self.project}_{name}"

    @property
    def database(self):
        """This machine reads the database directly, because it is on every bridge."""
        if self._client is None:
            address = self._address(self.containers("database")[0])
            self._client = pymongo.MongoClient(
                address,
                username="mongogw",
                password=self.password_file.read_text(),
                authSource=_DATABASE,
                authMechanism="SCRAM-SHA-256",
                directConnection=True,
            )
        return self._client[_DATABASE]

    def _address(self, container):
        path = f'{{{{(index .NetworkSettings.Networks "{self.network("back")}").IPAddress}}}}'
        return docker("inspect", f"--format={path}", container).strip()

    @property
    def devices(self):
        return self.database[_COLLECTIONS[0]]

    def distinct(self, field, **query):
        return set(self.devices.distinct(field, query))

    def clear(self):
        """Removes the load, the documents and the ledgers of earlier tests."""
        for name in self.containers("device"):
            docker("rm", "--force", name)
        if any([broker.mend() for broker in self.brokers()]):
            self.settle()
        for name in _COLLECTIONS:
            self.database.drop_collection(name)
        for ledger in self.ledgers.iterdir():
            ledger.unlink()

    def end_devices(self):
        """Ends the compose files' devices. Each waits for missing acknowledgements and records them."""
        self.compose("stop", "device")

    def settle(self):
        """Stops all brokers, which then deliver their records, and starts them again."""
        for broker in self.brokers():
            broker.stop()
        for broker in self.brokers():
            assert broker.balance()["pending"] == 0, broker.log
            broker.start()

    def audit(self):
        """The result of mongo-store audit, run in one of the brokers' containers."""
        ledgers = [f"/ledgers/{ledger.name}" for ledger in sorted(self.ledgers.iterdir())]
        broker = next(broker for broker in self.brokers() if broker.is_running())
        command = ["mongo-store", "audit", "--json", "--message-ids", *ledgers]
        return json.loads(docker("exec", broker.name, *command, accepted=(0, 1)))

    def assert_audit_passes(self):
        """Fails if a message was lost or doubled, or if a document was stored that nobody sent."""
        self.settle()
        found = self.audit()
        print(found)
        assert found["passed"], found
        assert found["messages"] > 0 and found["acknowledged"] > 0, found
        for name in ("missing", "doubled", "unexpected", "dead_lettered"):
            assert found[name] == 0, found
        return found

    def close(self):
        if self._client is not None:
            self._client.close()
        self.compose("down", "--volumes", "--timeout=2")
