# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A broker that ends before there is a database, and its volume, which is then mounted elsewhere."""

import uuid

from support.engine import docker, image

_JOURNALS = "/var/lib/mosquitto/mongo-store"
_NOWHERE = "mongodb://127.0.0.1:27017/"


class Orphan:
    """The broker is only on the devices' network; the tool is only on the database's."""

    def __init__(self, platform):
        self._platform = platform
        self.name = f"{platform.project}-orphan-{uuid.uuid4().hex[:8]}"
        self.network = platform.network("front")
        self._volume = f"--volume={self.name}:{_JOURNALS}"

    def start(self):
        options = {"MONGO_URI": _NOWHERE, "MESSAGE_ID": "payload:sequence", "GATEWAY_ID": self.name}
        flags = [f"--env=MONGO_STORE_{name}={value}" for name, value in options.items()]
        flags += [f"--name={self.name}", f"--network={self.network}", self._volume]
        docker("run", "--detach", *flags, image("broker"))
        return self

    def kill(self):
        """Also removes the container. The volume stays."""
        docker("kill", self.name)
        docker("rm", self.name)

    def deliver(self, accepted=(0,)):
        """Runs mongo-store journal deliver in a separate container and returns its output."""
        secret = f"{self._platform.password_file}:/run/secrets/mongogw_password:ro"
        options = {
            "MONGO_URI": "mongodb://database:27017/",
            "MONGO_USER": "mongogw",
            "MONGO_PASSWORD_FILE": "/run/secrets/mongogw_password",
        }
        flags = [f"--env=MONGO_STORE_{name}={value}" for name, value in options.items()]
        flags += [f"--network={self._platform.network('back')}", f"--volume={secret}"]
        flags += [f"--group-add={self._platform.environment['SECRETS_GROUP']}", self._volume]
        command = ["journal", "deliver", _JOURNALS]
        flags += ["--rm", "--entrypoint=mongo-store", image("broker")]
        return docker("run", *flags, *command, accepted=accepted)

    def close(self):
        docker("rm", "--force", self.name)
        docker("volume", "rm", "--force", self.name)
