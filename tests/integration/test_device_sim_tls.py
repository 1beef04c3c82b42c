# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""device-sim over TLS, with certificates and passwords, against the shipped production.conf."""

import contextlib
import json
import pathlib
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
from support import build_tree
from support.broker import Broker
from support.certificates import Authority
from support.port import HOST, free_port
from support.production import Listener, ProductionBroker, open_database, start_mongo
from support.waiting import eventually

pytestmark = pytest.mark.version

PASSWORD = "a long s3cret"
QUICK = ["-q", "1", "-r", "0.01", "--messages", "5", "--json"]


@pytest.fixture(scope="module")
def mongo(tmp_path_factory):
    server, authority = start_mongo(tmp_path_factory.mktemp("mongo"))
    yield server, authority
    server.stop()


@pytest.fixture(scope="module")
def database(mongo):
    database = open_database(*mongo)
    yield database
    database.close()


@pytest.fixture(scope="module")
def broker(mongo, tmp_path_factory):
    server, authority = mongo
    broker = ProductionBroker(tmp_path_factory.mktemp("broker"), server.address, authority.ca_file)
    broker.add_password("attic", PASSWORD)
    broker.start()
    yield broker
    broker.close()


@pytest.fixture
def start_sim(broker):
    """start_sim(listener, flag, …) runs it; host=: another name for the broker."""
    started = []

    def start(listener, *flags, host=HOST):
        command = [build_tree.DEVICE_SIM, "-b", host, "-p", listener.port, *flags]
        started.append(subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process, deadline_s=60):
    output, said = process.communicate(timeout=deadline_s)
    return process.returncode, json.loads(output) if output else None, said


def write_credentials(broker, *lines, mode=0o600):
    path = broker.certificates / "credentials"
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(mode)
    return path


def shown(broker, name):
    return ["--cert", broker.certificates / f"{name}.crt", "--key", broker.certificates / f"{name}.key"]


def count_of(database, device_uid):
    return database.devices.count_documents({"deviceUID": device_uid})


def test_each_device_of_a_file_stores_under_its_name(broker, database, start_sim):
    credentials = write_credentials(
        broker, "# device user what", "kitchen - certificate kitchen.crt kitchen.key", "",
        "cellar ignored certificate cellar.crt cellar.key"
    )
    tls = ["--cafile", broker.ca_file, "--credentials", credentials]
    status, summary, said = finish(start_sim(broker.listener, *tls, *QUICK))
    assert (status, said, summary["devices"], summary["acknowledged"]) == (0, "", 2, 10)
    for name in ("kitchen", "cellar"):
        eventually(lambda name=name: count_of(database, name) == 5, 60)
    assert database.dead_letters.count_documents({}) == 0


@pytest.mark.parametrize("protocol", ["3.1", "3.1.1", "5"])
def test_a_password_of_a_file_is_shown_nowhere(broker, database, start_sim, protocol):
    credentials = write_credentials(broker, f"attic attic password {PASSWORD}")
    before = count_of(database, "attic")
    process = start_sim(broker.password_listener, "--cafile", broker.ca_file, "--credentials",
                        credentials, "--protocol", protocol, "-q", "1", "-r", "0.05",
                        "--messages", "5", "--json")
    for place in ("cmdline", "environ"):
        assert PASSWORD not in pathlib.Path(f"/proc/{process.pid}/{place}").read_text()
    status, summary, said = finish(process)
    assert (status, said, summary["acknowledged"]) == (0, "", 5)
    eventually(lambda: count_of(database, "attic") == before + 5, 60)


def test_a_certificate_for_all_and_a_folder_of_authorities(broker, start_sim, tmp_path):
    (tmp_path / "ca.pem").write_bytes(broker.ca_file.read_bytes())
    subprocess.run(["openssl", "rehash", tmp_path], check=True, capture_output=True)
    # Its topic is a UUID's: production.conf denies it, which MQTT 3.1.1 can't say.
    flags = ["--capath", tmp_path, *shown(broker, "kitchen"), *QUICK]
    status, summary, said = finish(start_sim(broker.listener, *flags))
    assert (status, said, summary["acknowledged"]) == (0, "", 5)


def test_the_broker_is_asked_for_by_its_name(broker, start_sim):
    flags = ["--cafile", broker.ca_file, *shown(broker, "kitchen"), *QUICK]
    status, summary, said = finish(start_sim(broker.listener, *flags, host="localhost"))
    assert (status, said, summary["acknowledged"]) == (0, "", 5)


@pytest.mark.parametrize("wrong, said", [
    ("no certificate", "certificate required"),
    ("another authority's certificate", "unknown CA"),
    ("an expired certificate", "certificate expired"),
    ("another authority of the broker", "isn't trusted"),
    ("authorities of this machine", "isn't trusted"),
])  # fmt: skip
def test_distrust_ends_it_and_is_named(broker, start_sim, tmp_path, wrong, said):
    trusted, identity = ["--cafile", broker.ca_file], shown(broker, "kitchen")
    if wrong == "no certificate":
        identity = []
    elif wrong == "another authority's certificate":
        pem = Authority(tmp_path / "other").issue_client()
        identity = ["--cert", pem, "--key", pem]
    elif wrong == "an expired certificate":
        pem = broker.authority.issue_client(days=-1)
        identity = ["--cert", pem, "--key", pem]
    elif wrong == "another authority of the broker":
        trusted = ["--cafile", Authority(tmp_path / "other").ca_file]
    elif wrong == "authorities of this machine":
        trusted = ["--tls-use-os-certs"]
    status, summary, stderr = finish(start_sim(broker.listener, *trusted, *identity, *QUICK))
    assert_ended_by_distrust(status, summary, stderr, said)


def assert_ended_by_distrust(status, summary, stderr, said):
    """In the last line. One before it may tell of a connection that was reset before its reason
    could be read."""
    lines = [line for line in stderr.splitlines() if "is open to every user" not in line]
    assert (status, summary["sent"]) == (1, 0)
    assert said in lines.pop(), stderr
    reset = ("the broker closed the TLS connection; trying again", "The connection was lost; trying again")
    assert all(line.endswith(reset) for line in lines)
    assert len(lines) <= 1


@contextlib.contextmanager
def listening(host, serve):
    """Each connection to that address is given to serve(), one after the other."""
    with socket.create_server((host, 0)) as server:
        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield Listener(host, server.getsockname()[1])


@pytest.mark.parametrize("host, name, said", [
    (HOST, "DNS:localhost", "isn't trusted for 127.0.0.1: IP address mismatch"),
    ("localhost", "IP:127.0.0.1", "isn't trusted for localhost: hostname mismatch"),
])  # fmt: skip
def test_a_certificate_for_another_name_is_distrusted(broker, start_sim, host, name, said):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(broker.authority.issue("other", f"subjectAltName={name}"))
    with listening(HOST, lambda connection: context.wrap_socket(connection, True)) as other:
        process = start_sim(other, "--cafile", broker.ca_file, *QUICK, host=host)
        assert_ended_by_distrust(*finish(process), said)


def test_a_listener_without_tls_is_told_of(broker, start_sim):
    with listening(HOST, lambda connection: connection.recv(1)) as plain:
        process = start_sim(plain, "--cafile", broker.ca_file, "--duration", "1", "--json")
        status, _, said = finish(process)
    assert status == 1 and "no TLS: " in said and said.count("\n") == 1


def test_the_name_is_told_to_what_stands_before_the_broker(broker, start_sim):
    """Server name indication: a load balancer goes by it; an address isn't one."""
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(broker.certificates / "server.crt", broker.certificates / "server.key")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with listening(HOST, lambda connection: context.wrap_socket(connection, True)) as balancer:
        for host in ("localhost", HOST):
            finish(start_sim(balancer, "--cafile", broker.ca_file, "--duration", "1", "--json",
                             host=host))
    assert set(names) == {"localhost", None}


@pytest.mark.parametrize("flags", [[], ["--protocol", "5"]])
def test_it_connects_again_with_tls_and_loses_nothing(mongo, database, start_sim, tmp_path, flags):
    server, authority = mongo
    broker = ProductionBroker(tmp_path, server.address, authority.ca_file).start()
    credentials = write_credentials(broker, "cellar - certificate cellar.crt cellar.key")
    before = count_of(database, "cellar")
    process = start_sim(broker.listener, "--cafile", broker.ca_file, "--credentials", credentials,
                        "-q", "1", "-r", "0.01", "--messages", "300", "--json", *flags)
    eventually(lambda: count_of(database, "cellar") >= before + 50, 60)
    broker.kill()
    time.sleep(0.5)
    broker.start()
    status, summary, said = finish(process)
    assert (status, summary["acknowledged"], summary["reconnects"]) == (0, 300, 1)
    lost, regained = said.splitlines()
    assert "no connection to" in lost and "connected to" in regained
    eventually(lambda: count_of(database, "cellar") >= before + 300, 60)
    broker.close()


def test_a_broker_that_is_not_there_is_waited_for(broker, start_sim):
    nothing = Listener(HOST, free_port())
    process = start_sim(nothing, "--cafile", broker.ca_file, "--duration", "2", "--json")
    status, summary, said = finish(process)
    assert (status, summary["sent"]) == (1, 0)
    assert "Connection refused; trying again" in said and said.count("\n") == 1


@pytest.mark.parametrize("end", ["messages", "devices"])
def test_hundreds_of_devices_share_one_context(broker, start_sim, tmp_path, end):
    config = "\n".join([f"certfile {broker.certificates}/server.crt", "require_certificate true",
                        f"keyfile {broker.certificates}/server.key", f"cafile {broker.ca_file}"])
    crowded = Broker(tmp_path / "crowded", config=config).start()
    credentials = write_credentials(broker, *(
        f"fleet-{number} - certificate {name}.crt {name}.key"
        for number, name in enumerate(["kitchen", "cellar"] * 150)
    ))
    flags = ["--cafile", broker.ca_file, "--credentials", credentials, *QUICK]
    count = 300 if end == "messages" else 2
    if end == "devices":
        flags += ["--devices", count]
    status, summary, said = finish(start_sim(crowded, *flags))
    assert (status, said, summary["devices"]) == (0, "", count)
    assert summary["acknowledged"] == 5 * count
    connected = set(re.findall(r" as (fleet-\d+) ", crowded.log))
    assert connected == {f"fleet-{number}" for number in range(count)}
    crowded.close()


BAD_FLAGS = [
    (["--cafile", "/absent"], "--cafile '/absent'"),
    (["--cafile", "/dev/null"], "--cafile '/dev/null'"),
    (["--cafile", ""], "--cafile ''"),
    (["--capath", ""], "--capath ''"),
    (["--cert", "c"], "--cert: accepted only together with --key"),
    (["--key", "k"], "--key: accepted only together with --cert"),
    (["--cert", "c", "--key", "k"], "--cafile, --capath or --tls-use-os-certs"),
    (["--cafile", "CA", "--cert", "/absent", "--key", "k"], "certificate '/absent'"),
    (["--cafile", "CA", "--cert", "CA", "--key", "/absent"], "private key '/absent'"),
    (["--cafile", "CA", "--cert", "CA", "--key", "OTHER"], "don't match"),
    (["--cafile", "CA", "--cert", "CA", "--key", "LOCKED"], "no password"),
    (["--credentials", "/absent"], "--credentials '/absent'"),
    (["--credentials", "GOOD", "--username", "u"], "only without --username"),
    (["--cafile", "CA", "--credentials", "GOOD", "--cert", "c", "--key", "k"], "only without --cert"),
    (["--credentials", "GOOD"], "line 1: a certificate: accepted only together with --cafile"),
    (["--cafile", "CA", "--credentials", "GOOD", "--devices", "2"], "--devices '2'"),
    (["--cafile", "CA", "--credentials", "GOOD"], "line 1: certificate '"),
    (["--credentials", "BAD"], "line 2: the third word (not shown"),
]


@pytest.mark.parametrize("flags, said", BAD_FLAGS)
def test_a_bad_flag_or_file_is_one_line(tmp_path, flags, said):
    authority = Authority(tmp_path / "authority")
    files = {"CA": authority.ca_file, "OTHER": authority.issue_client(), "GOOD": tmp_path / "good",
             "BAD": tmp_path / "bad", "LOCKED": tmp_path / "locked"}
    files["GOOD"].write_text("a - certificate absent.pem\n")
    files["BAD"].write_text("a - certificate absent.pem\nb user s3cret\n")
    if "LOCKED" in flags:
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:s3cret",
                        "-out", files["LOCKED"]], check=True, capture_output=True)
    for path in files.values():
        if path.exists():
            path.chmod(0o600)
    command = [build_tree.DEVICE_SIM, "-b", HOST, *(str(files.get(flag, flag)) for flag in flags)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60,
                         stdin=subprocess.DEVNULL, start_new_session=True)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (64, "", 1), run.stderr
    assert said in run.stderr and "accepted" in run.stderr and "s3cret" not in run.stderr


def test_a_file_of_secrets_that_all_can_read_is_warned_of(broker, start_sim):
    credentials = write_credentials(broker, f"attic attic password {PASSWORD}", mode=0o644)
    tls = ["--cafile", broker.ca_file, "--credentials", credentials]
    status, _, said = finish(start_sim(broker.password_listener, *tls, *QUICK))
    assert status == 0 and said.count("\n") == 1
    assert f"'{credentials}' is open to every user of this machine" in said


def test_the_port_of_tls_is_8883(start_sim, broker):
    for flags, port in (["--cafile", broker.ca_file], 8883), ([], 1883):
        command = [build_tree.DEVICE_SIM, "-b", "127.0.0.9", "--duration", "0.5", "--json", *flags]
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        assert f"no connection to 127.0.0.9:{port}:" in run.stderr
