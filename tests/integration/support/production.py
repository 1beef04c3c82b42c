# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A broker with the shipped production.conf, and a MongoDB with users and TLS."""

import collections
import os
import shutil
import ssl
import subprocess

from support import build_tree
from support.broker import Broker
from support.certificates import Authority
from support.port import HOST, free_port
from support.scripted_server import ScriptedServer

SHIPPED = build_tree.SOURCE / "broker-config"
MONGO_PASSWORD = "mongo-s3cret"

Listener = collections.namedtuple("Listener", "host port")


def make_certificates(folder, *arguments):
    """Runs the shipped script."""
    command = [SHIPPED / "make-certificates", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def client_tls(ca_file, certificate=None, key=None):
    """A context with the authorities that a client trusts and, if given, the client's
    certificate."""
    context = ssl.create_default_context(cafile=ca_file)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


class ProductionBroker(Broker):
    """Uses the shipped files with other ports and paths only. `replaced` replaces further lines.
    `listener` is for certificates, `password_listener` for passwords."""

    def __init__(self, folder, server_address, mongo_ca_file, replaced=None):
        super().__init__(folder)
        self.etc = folder / "etc"
        self.certificates = self.etc / "certs"
        self._password_port = free_port()
        self._replaced = {
            "\nlistener 8884\n": f"\nlistener {self._password_port} {HOST}\n",
            "mongodb://mongodb.example:27017/": f"mongodb://{server_address}/",
            "\nplugin mosquitto_mongo_store.so\n": f"\nplugin {self.plugin}\n",
            "/var/lib/mosquitto/": f"{folder}/state/",
            "/etc/mosquitto/": f"{self.etc}/",
            **(replaced or {}),
        }
        (folder / "state").mkdir()
        self.etc.mkdir()
        for arguments in (["ca"], ["server", HOST, "localhost"], ["client", "kitchen", "cellar"]):
            done = make_certificates(self.certificates, *arguments)
            assert done.returncode == 0, done.stderr
        shutil.copy(mongo_ca_file, self.certificates / "mongo-ca.crt")
        shutil.copy(SHIPPED / "production.acl", self.etc)
        (self.etc / "mongo-store").mkdir()
        (self.etc / "mongo-store/password").write_text(MONGO_PASSWORD + "\n")
        (self.etc / "passwords").touch()
        for name in ("production.acl", "passwords", "mongo-store/password"):
            (self.etc / name).chmod(0o600)

    def add_password(self, username, password):
        command = ["mosquitto_passwd", "-b", self.etc / "passwords", username, password]
        subprocess.run(command, check=True, capture_output=True)

    @property
    def listener(self):
        return Listener(self.host, self.port)

    @property
    def password_listener(self):
        return Listener(self.host, self._password_port)

    @property
    def ca_file(self):
        return self.certificates / "ca.crt"

    @property
    def authority(self):
        """The shipped script's authority, for certificates that the script refuses to create."""
        return Authority(self.folder / "hostile", self.ca_file, self.certificates / "ca.key")

    def tls_of(self, name=None):
        """The context of a client with the certificate of this name, or without one."""
        if name is None:
            return client_tls(self.ca_file)
        certificate = self.certificates / f"{name}.crt"
        return client_tls(self.ca_file, certificate, certificate.with_suffix(".key"))

    def config_text(self):
        text = (SHIPPED / "production.conf").read_text()
        for shipped, here in {"\nlistener 8883\n": f"\nlistener {self.port} {HOST}\n",
                              **self._replaced}.items():
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        if os.geteuid() == 0:
            text += "user root\n"  # otherwise it becomes user mosquitto, who may not write here
        return text


def start_mongo(folder):
    """Starts a replica set "rs" with one member, which requires TLS and the user mongogw. Returns
    the server and its authority."""
    authority = Authority(folder / "mongo_authority")
    password_file = folder / "mongo_password"
    password_file.write_text(MONGO_PASSWORD)
    server = ScriptedServer(
        folder / "mongo", replica_set="rs", user="mongogw", password_file=password_file,
        auth_db="mongogw", role="readWrite@mongogw",
        tls_certificate_key_file=authority.issue_server(),
    )
    return server.start(), authority


def open_database(server, authority):
    database = server.database(
        f"mongogw:{MONGO_PASSWORD}@",
        f"?authSource=mongogw&replicaSet=rs&tls=true&tlsCAFile={authority.ca_file}",
    )
    database.name = "mongogw"
    return database
