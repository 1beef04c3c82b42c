# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A certificate authority for tests, and certificates from it."""

import re
import subprocess

_KEY = ["-newkey", "rsa:2048", "-nodes"]


class Authority:
    """Keeps all of its files in one folder; others trust `ca_file`.

    To issue further certificates from an existing authority, pass its ca_file and key_file.
    """

    def __init__(self, folder, ca_file=None, key_file=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca_file = ca_file or folder / "ca.pem"
        self._key_file = key_file or folder / "ca.key"
        if ca_file is None:
            self._openssl("req", "-x509", *_KEY, "-subj", "/CN=test authority", "-days", "2",
                          "-addext", "keyUsage=critical,keyCertSign,cRLSign",  # for Python 3.13
                          "-keyout", self._key_file, "-out", self.ca_file)

    def _openssl(self, *arguments):
        self._run("openssl", *arguments)

    def _run(self, *command):
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, *extensions, common_name=None, days=2):
        """Returns the path of one file with the certificate and its key. With days below 0 it has
        expired."""
        subject = re.sub(r"[/+]", r"\\\g<0>", common_name or name)  # openssl's own separators
        self._openssl("req", *_KEY, "-subj", f"/CN={subject}",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text("\n".join(extensions) + "\n")
        signing = ["x509", "-req", "-in", f"{name}.csr", "-CA", self.ca_file,
                   "-CAkey", self._key_file, "-CAserial", "ca.srl", "-CAcreateserial",
                   "-extfile", f"{name}.ext", "-out", f"{name}.crt"]
        # openssl 3.5 and later accept no negative number of days.
        clock = ["faketime", f"{1 - days} days ago"] if days < 0 else []
        self._run(*clock, "openssl", *signing, "-days", str(max(days, 1)))
        path = self.folder / f"{name}.pem"
        path.write_text("".join((self.folder / f"{name}.{kind}").read_text()
                                for kind in ("crt", "key")))
        return path

    def issue_server(self, name="server"):
        return self.issue(name, "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def issue_client(self, name="client", **more):
        return self.issue(name, "extendedKeyUsage=clientAuth", **more)
