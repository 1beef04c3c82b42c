# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Single containers on their own network: a broker, the stand-in database, devices."""

import contextlib
import json
import secrets
import uuid

import pymongo

from support.engine import docker, image
from support.waiting import eventually

JOURNALS = "/var/lib/mosquitto/mongo-store"
READY_S = 120
STOP_S = 20


class Container:
    def __init__(self, sandbox, name):
        self.sandbox, self.name = sandbox, name
        self.port = 1883

    def inspect(self, path):
        return json.loads(docker("inspect", f"--format={{{{json {path}}}}}", self.name))

    @property
    def host(self):
        """The container's address. This machine is on every bridge, so no port is published."""
        return self.inspect(f'(index .NetworkSettings.Networks "{self.sandbox.network}").IPAddress')

    @property
    def log(self):
        return docker("logs", self.name)

    @property
    def health(self):
        return self.inspect(".State.Health.Status")

    def await_healthy(self):
        done = lambda: self.health == "healthy" or not self.is_running()
        eventually(done, READY_S, 0.2, lambda: self.log[-3000:])
        assert self.is_running(), self.log[-3000:]
        return self

    def await_log(self, text, count=1, deadline_s=READY_S):
        eventually(lambda: self.log.count(text) >= count, deadline_s, 0.1, lambda: self.log[-3000:])

    def is_running(self):
        return self.inspect(".State.Running")

    def await_end(self, deadline_s=READY_S):
        eventually(lambda: not self.is_running(), deadline_s, 0.1, lambda: self.log[-3000:])
        return self.inspect(".State.ExitCode")

    def execute(self, *command, accepted=(0,)):
        return docker("exec", self.name, *command, accepted=accepted)

    def start(self):
        docker("start", self.name)

    def stop(self):
        docker("stop", f"--time={STOP_S}", self.name)
        return self.inspect(".State.ExitCode")

    def kill(self):
        docker("kill", self.name)


class Sandbox:
    """folder: mounted into containers. close() removes containers, volumes and the network."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # each container has its own user
        self.name = f"mongo-store-image-{uuid.uuid4().hex[:8]}"
        self.network = self.name
        self._closing = contextlib.ExitStack()
        self._count = 0
        docker("network", "create", self.network)
        self._closing.callback(docker, "network", "rm", self.network)

    def close(self):
        self._closing.close()

    def secret(self, name, value):
        """A file that every container may read; its path there is /run/secrets/NAME."""
        path = self.folder / name
        path.write_text(value)
        path.chmod(0o644)
        return [f"--volume={path}:/run/secrets/{name}:ro"]

    def volume(self):
        self._count += 1
        name = f"{self.name}-{self._count}"
        docker("volume", "create", name)
        self._closing.callback(docker, "volume", "rm", "--force", name)
        return name

    def run(self, of, *flags, command=(), environment=None):
        self._count += 1
        name = f"{self.name}-{of}-{self._count}"
        given = [f"--env={key}={value}" for key, value in (environment or {}).items()]
        where = [f"--name={name}", f"--network={self.network}"]
        self._closing.callback(docker, "rm", "--force", "--volumes", name, accepted=(0, 1))
        docker("run", "--detach", *where, *given, *flags, image(of), *command)
        return Container(self, name)

    def broker(self, *flags, command=(), **options):
        """options: the plugin's options, which are passed in the environment."""
        environment = {f"MONGO_STORE_{name.upper()}": value for name, value in options.items()}
        flags = ("--health-interval=1s", *flags)
        return self.run("broker", *flags, command=command, environment=environment)

    def database(self):
        return Database(self)


class Database:
    """The stand-in with its own passwords. Its host name is known before the container exists."""

    def __init__(self, sandbox):
        self.host_name = f"db-{uuid.uuid4().hex[:8]}"
        self.uri = f"mongodb://{self.host_name}:27017/"
        self.admin_password, self.password = secrets.token_hex(12), secrets.token_hex(12)
        self._sandbox, self.container = sandbox, None

    @property
    def options(self):
        """The options with which a broker stores in this database."""
        return {"mongo_uri": self.uri, "mongo_user": "mongogw", "mongo_password": self.password}

    def start(self):
        environment = {"ADMIN_PASSWORD": self.admin_password, "MONGOGW_PASSWORD": self.password}
        alias = f"--network-alias={self.host_name}"
        self.container = self._sandbox.run("database", alias, environment=environment)
        self.container.await_healthy()
        return self

    def client(self, user, password, source):
        return pymongo.MongoClient(
            self.container.host,
            username=user,
            password=password,
            authSource=source,
            authMechanism="SCRAM-SHA-256",
            directConnection=True,
        )

    def values(self, collection="devices"):
        with self.client("mongogw", self.password, "mongogw") as client:
            return [document["value"] for document in client.mongogw[collection].find()]

    def admin_command(self, *command, **more):
        with self.client("admin", self.admin_password, "admin") as client:
            return client.mongogw.command(*command, **more)

    def set_password(self, password):
        self.admin_command("updateUser", "mongogw", pwd=password)
        self.password = password
