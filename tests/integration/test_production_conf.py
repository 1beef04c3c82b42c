# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The shipped production.conf, its ACL and its certificates: what it accepts and what it
refuses."""

import contextlib
import re
import select
import socket
import ssl

import pytest
from support.certificates import Authority
from support.mqtt import BALANCE_TOPIC, Client, reading
from support.port import HOST
from support.production import (SHIPPED, ProductionBroker, client_tls, make_certificates,
                                open_database, start_mongo)
from support.raw_mqtt import Closed, RawClient
from support.waiting import eventually

pytestmark = pytest.mark.version

CONF = (SHIPPED / "production.conf").read_text()
PASSWORD = "kitchen-s3cret"
NOT_AUTHORIZED = r"answered with 0x40 b'\\x00\\x01\\x87"  # the PUBACK's reason code
BAD_LOGIN = r"answered with 0x20 b'\\x00\\x8[67]"  # the CONNACK's
HOSTILE_NAMES = ["+", "#", "x+", "kitchen/x", "kitchen/+", "kitchen/#"]


def setting(name):
    return int(re.search(rf"^{name} (\d+)$", CONF, re.M)[1])


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
    for name in {"kitchen", "cellar", "monitor", *HOSTILE_NAMES} - {"#"}:
        broker.add_password(name, PASSWORD)
    broker.start()
    yield broker
    print(broker.log[-3000:])
    broker.close()


def device(broker, name="kitchen", **more):
    """A device with a certificate."""
    return RawClient(broker.listener, name.encode(), tls=broker.tls_of(name), **more)


def user(broker, name="kitchen", password=PASSWORD, **more):
    """A user with a password."""
    return RawClient(broker.password_listener, b"any", name.encode(), password.encode(),
                     tls=broker.tls_of(), **more)


def await_document(database, device_uid, value):
    wanted = {"deviceUID": device_uid, "value": value}
    return eventually(lambda: database.devices.find_one(wanted), 60)


def assert_refused(client, topic, payload, reason=NOT_AUTHORIZED):
    with client, pytest.raises(Closed, match=reason):
        client.publish(topic, payload)


def assert_nothing_of(database, broker, topic):
    """Checks that the message became neither a document nor a dead letter, although later ones are
    stored."""
    with device(broker, "cellar") as other:
        other.publish(b"device/cellar", reading("cellar", topic).encode())
    await_document(database, "cellar", topic)
    assert database.devices.count_documents({"value": "hostile"}) == 0
    assert database.dead_letters.count_documents({}) == 0


def assert_no_handshake(broker, tls, reason):
    """In TLS 1.3 the broker checks a certificate after the client has finished its handshake."""
    raw = socket.create_connection(broker.listener, 10)
    with tls.wrap_socket(raw, server_hostname=HOST) as client:
        with pytest.raises(ssl.SSLError, match=reason):
            client.recv(1)


HOSTILE_READING = reading("kitchen", "hostile").encode()


def test_a_device_with_a_certificate_stores_its_readings(broker, database):
    with device(broker) as client:
        client.publish(b"device/kitchen", reading("kitchen", 21).encode())
    assert "username" not in await_document(database, "kitchen", 21)


def test_a_device_with_a_password_stores_its_readings(broker, database):
    with user(broker) as client:
        client.publish(b"device/kitchen", reading("kitchen", 22).encode())
    await_document(database, "kitchen", 22)


def test_it_tells_clients_its_limits(broker):
    with device(broker, keepalive_s=3600) as client:
        announced = client.connack
    assert b"\x27" + setting("max_packet_size").to_bytes(4, "big") in announced
    assert b"\x13" + setting("max_keepalive").to_bytes(2, "big") in announced
    inflight = setting("max_inflight_messages")  # 20 on Mosquitto's side is also its default
    assert b"\x21" + inflight.to_bytes(2, "big") in announced


def version_of(broker):
    return tuple(map(int, re.search(r"mosquitto version (\d+)\.(\d+)\.(\d+)", broker.log).groups()))


@pytest.mark.parametrize("keepalive_s", [0, setting("max_keepalive") + 1])
def test_an_mqtt_3_device_over_the_longest_keep_alive_is_refused_from_2_0_12_on(broker, keepalive_s):
    with device(broker, level=4, keepalive_s=setting("max_keepalive")):
        pass
    client = device(broker, level=4, keepalive_s=keepalive_s)
    if version_of(broker) < (2, 0, 12):
        with client:
            return
    with pytest.raises(Closed, match=r"answered with 0x20 b'\\x00\\x02'"), client:
        pass


@pytest.mark.parametrize("shown, reason", [
    ("nothing", "certificate required"),
    ("another authority's", "unknown ca"),
    ("an expired one", "certificate expired"),
    ("the broker's own", "unsupported certificate"),
])  # fmt: skip
def test_without_a_good_certificate_nobody_connects(broker, tmp_path, shown, reason):
    if shown == "nothing":
        tls = broker.tls_of()
    elif shown == "another authority's":
        tls = client_tls(broker.ca_file, Authority(tmp_path / "other").issue_client("kitchen"))
    elif shown == "an expired one":
        tls = client_tls(broker.ca_file, broker.authority.issue_client("kitchen", days=-1))
    else:
        tls = broker.tls_of("server")
    assert_no_handshake(broker, tls, reason)
    # A password doesn't help on this listener.
    client = RawClient(broker.listener, b"kitchen", b"kitchen", PASSWORD.encode(), tls=tls)
    with pytest.raises(Closed), client:
        pass


@pytest.mark.parametrize("username, password", [
    (None, None), (b"kitchen", None), (b"kitchen", b"wrong"), (b"nobody", PASSWORD.encode()),
    (b"", b""),
])  # fmt: skip
def test_without_a_good_password_nobody_connects(broker, username, password):
    client = RawClient(broker.password_listener, b"kitchen", username, password, tls=broker.tls_of())
    with pytest.raises(Closed, match=BAD_LOGIN), client:
        pass


@pytest.mark.parametrize("listener", ["listener", "password_listener"])
def test_without_tls_nobody_connects(broker, listener):
    client = RawClient(getattr(broker, listener), b"kitchen", b"kitchen", PASSWORD.encode())
    with pytest.raises(Closed), client:
        pass


@pytest.mark.parametrize("host", ["localhost", HOST])
def test_the_scripts_certificate_is_good_for_each_name_given(broker, host):
    raw = socket.create_connection((HOST, broker.password_listener.port), 10)
    with broker.tls_of().wrap_socket(raw, server_hostname=host):
        pass


def test_the_scripts_certificate_is_good_for_no_other_name(broker):
    raw = socket.create_connection((HOST, broker.password_listener.port), 10)
    with raw, pytest.raises(ssl.SSLCertVerificationError, match="other.example"):
        broker.tls_of().wrap_socket(raw, server_hostname="other.example")


@pytest.mark.parametrize("topic", [
    "device/cellar", "device/kitchen/more", "device", "device/", "elsewhere",
    "$CONTROL/dynamic-security/v1", "$SYS/broker/uptime", BALANCE_TOPIC,
])  # fmt: skip
@pytest.mark.parametrize("connect", [device, user])
def test_a_device_writes_to_its_own_topic_only(broker, database, connect, topic):
    assert_refused(connect(broker), topic.encode(), HOSTILE_READING)
    assert_nothing_of(database, broker, topic)


def hostile_device(broker, name):
    """The shipped script refuses to create such a certificate; another one might not."""
    authority = broker.authority
    certificate = authority.issue_client("hostile", common_name=name)
    return RawClient(broker.listener, b"any", tls=client_tls(broker.ca_file, certificate))


@pytest.mark.parametrize("connect, name", [
    *((hostile_device, name) for name in HOSTILE_NAMES),
    *((user, name) for name in HOSTILE_NAMES if name != "#"),  # a comment, in a password file
])  # fmt: skip
def test_no_user_name_leads_to_more_than_one_topic(broker, database, connect, name):
    for topic in ("device/kitchen", "device/kitchen/x", "device/x"):
        assert_refused(connect(broker, name), topic.encode(), HOSTILE_READING)
        assert_nothing_of(database, broker, topic)


def test_another_ones_uuid_is_a_dead_letter(broker, database):
    with device(broker) as client:
        client.publish(b"device/kitchen", reading("cellar", "hostile").encode())
    letter = eventually(
        lambda: database.dead_letters.find_one({"reason.code": "uuid_not_topic"}), 60
    )
    assert letter["topic"] == "device/kitchen"
    assert database.devices.count_documents({"value": "hostile"}) == 0
    database.dead_letters.delete_many({})  # the other tests want none


def paho_client(broker, name, **more):
    return Client(broker.listener, tls=broker.tls_of(name), **more)


def test_a_device_reads_nothing(broker):
    with paho_client(broker, "kitchen") as spy, user(broker, "cellar") as cellar:
        for topic_filter in ("device/#", "#", "$SYS/#", "$CONTROL/#", BALANCE_TOPIC):
            spy.subscribe(topic_filter)
        cellar.publish(b"device/cellar", reading("cellar", 1).encode())
        with Client(broker.password_listener, username="monitor", password=PASSWORD,
                    tls=broker.tls_of()) as monitor:
            monitor.subscribe(BALANCE_TOPIC)
            assert b'"pending"' in monitor.received(1)[0].payload
        spy.publish("device/kitchen", reading("kitchen", 2))  # acknowledged after all of them
        assert spy.messages == []


def test_a_device_cannot_take_anothers_connection(broker):
    with device(broker) as kitchen:
        with device(broker, "cellar") as cellar:
            cellar.publish(b"device/cellar", reading("cellar", 3).encode())
        intruder = RawClient(broker.listener, b"kitchen", tls=broker.tls_of("cellar"))
        with intruder:
            kitchen.publish(b"device/kitchen", reading("kitchen", 3).encode())


def test_too_large_a_packet_ends_the_connection_unacknowledged(broker, database):
    fits = setting("max_packet_size") - 200
    with device(broker) as client:
        client.publish(b"device/kitchen", reading("kitchen", "x" * fits).encode())
    large = reading("kitchen", "y" * setting("max_packet_size"))
    # An MQTT 5 client is told the reason by DISCONNECT with reason code 0x95, if it gets to read
    # it.
    end = r"0xe0 b'\\x95|EOF|end of|reset|Broken"
    with device(broker) as client, pytest.raises(Closed, match=end):
        client.publish(b"device/kitchen", large.encode())
    await_document(database, "kitchen", "x" * fits)
    assert database.devices.count_documents({"value": large}) == 0


def closed_ones(sockets):
    return select.select(sockets, [], [], 0)[0]


def test_connections_are_limited(mongo, tmp_path):
    """A fresh broker, because Mosquitto before 2.0.12 miscounts after TLS connections have ended."""
    server, authority = mongo
    broker = ProductionBroker(tmp_path, server.address, authority.ca_file).start()
    with contextlib.ExitStack() as stack:
        for listener, name in ((broker.listener, "800"), (broker.password_listener, "100")):
            assert f"max_connections {name}\n" in CONF
            sockets = [stack.enter_context(socket.create_connection(listener, 10))
                       for _ in range(int(name) + 20)]
            eventually(lambda: len(closed_ones(sockets)) >= 15, 30)
    with device(broker):
        pass
    broker.close()


def test_connections_leave_no_line_in_the_log(broker):
    with device(broker):
        pass
    assert "client connected" not in broker.log and "disconnected" not in broker.log


def test_what_it_says_holds_no_secret(broker):
    assert PASSWORD not in broker.log and "mongo-s3cret" not in broker.log


def test_a_revoked_certificate_is_refused(mongo, tmp_path):
    server, authority = mongo
    replaced = {"\n#crlfile ": "\ncrlfile "}
    broker = ProductionBroker(tmp_path, server.address, authority.ca_file, replaced).start()
    cellar = broker.tls_of("cellar")
    with device(broker, "cellar"), device(broker):
        pass
    done = make_certificates(broker.certificates, "revoke", "cellar")
    assert (done.returncode, done.stderr) == (0, "")
    broker.restart()
    assert_no_handshake(broker, cellar, "certificate revoked")
    with device(broker):
        pass
    broker.close()


@pytest.mark.parametrize("arguments, said", [
    ([], "--help"), (["frob"], "'frob'"), (["ca"], "ca.crt exists"), (["ca", "x"], "'x'"),
    (["server"], "at least one"), (["server", "x"], "server.crt exists"),
    (["server", "a,IP:1.2.3.4"], "'a,IP:1.2.3.4'"), (["client"], "at least one"),
    (["client", "a", "kitchen"], "kitchen.crt exists"), (["client", "a/b"], "'a/b'"),
    (["client", "+"], "'+'"), (["client", "../x"], "'../x'"), (["client", "ca"], "'ca'"),
    (["client", "x" * 65], "'xxx"), (["revoke", "nobody"], "'nobody'"),
])  # fmt: skip
def test_make_certificates_refuses_in_one_line(tmp_path, arguments, said):
    folder = tmp_path / "certificates"
    for good in (["ca"], ["server", "localhost"], ["client", "kitchen"]):
        assert make_certificates(folder, *good).returncode == 0
    before = {path: path.read_bytes() for path in folder.glob("[cks]*.*")}
    done = make_certificates(folder, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert said in done.stderr
    assert all(path.read_bytes() == content for path, content in before.items())


def test_only_the_owner_can_read_the_keys(tmp_path):
    folder = tmp_path / "certificates"
    for good in (["ca"], ["server", "localhost"], ["client", "kitchen"]):
        assert make_certificates(folder, *good).returncode == 0
    keys = list(folder.glob("*.key"))
    assert {path.name for path in keys} == {"ca.key", "server.key", "kitchen.key"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys)
