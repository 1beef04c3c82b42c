# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""An authority of the test's own, and certificates from it."""

import re
import subprocess

_KEY = ["-newkey", "rsa:2048", "-nodes"]


class Authority:
    """Keeps all of its files in one folder; `ca_file` is what others trust.

    An authority that is there already issues further certificates: ca_file and key_file are its.
    """

    def __init__(self, folder, ca_file=None, key_file=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca_file = ca_file or folder / "ca.pem"
        self._key_file = key_file or folder / "ca.key"
        if ca_file is None:
            self._openssl("req", "-x509", *_KEY, "-subj", "/CN=test authority", "-days", "2",
                          "-addext", "keyUsage=critical,keyCertSign,cRLSign",  # Python 3.13 wants it
                          "-keyout", self._key_file, "-out", self.ca_file)

    def _openssl(self, *arguments):
        self._run("openssl", *arguments)

    def _run(self, *command):
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, *extensions, common_name=None, days=2):
        """The path of one file with certificate and key. With days below 0 it is no longer good."""
        subject = re.sub(r"[/+]", r"\\\g<0>", common_name or name)  # openssl's own separators
        self._openssl("req", *_KEY, "-subj", f"/CN={subject}",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text("\n".join(extensions) + "\n")
        signing = ["x509", "-req", "-in", f"{name}.csr", "-CA", self.ca_file,
                   "-CAkey", self._key_file, "-CAserial", "ca.srl", "-CAcreateserial",
                   "-extfile", f"{name}.ext", "-out", f"{name}.crt"]
        # From openssl 3.5 on no number of days is below 0.
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
