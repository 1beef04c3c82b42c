# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""MQTT clients that share no code with this project: Debian's paho."""

import json
import threading
import uuid

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from support.waiting import eventually

V31, V311, V5 = paho.MQTTv31, paho.MQTTv311, paho.MQTTv5
BALANCE_TOPIC = "$SYS/broker/plugin/mongo_store"
CONNECT_S = 20
ACKNOWLEDGE_S = 60


def _paho_client(**arguments):
    if hasattr(paho, "CallbackAPIVersion"):  # paho 2 and later
        return paho.Client(paho.CallbackAPIVersion.VERSION1, **arguments)
    return paho.Client(**arguments)


def publish_properties(**values):
    """Uses paho's names: UserProperty=[("a", "b")], ContentType="text/plain", …"""
    properties = Properties(PacketTypes.PUBLISH)
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def session_arguments(protocol, clean):
    """How a client asks to keep its session depends on the protocol."""
    if protocol != V5:
        return {"clean_session": clean}, {}
    connect = {"clean_start": clean}
    if not clean:
        connect["properties"] = Properties(PacketTypes.CONNECT)
        connect["properties"].SessionExpiryInterval = 3600
    return {}, connect


class Client:
    """Connected while its "with" block runs. Keeps the messages that it receives. tls: an
    ssl.SSLContext."""

    def __init__(
        self, broker, protocol=V311, client_id=None, clean=True, username=None, password=None,
        tls=None,
    ):
        self.broker = broker
        self.messages = []
        self._connected = threading.Event()
        self._subscribed = threading.Event()
        client_id = uuid.uuid4().hex[:20] if client_id is None else client_id
        create, self._connect = session_arguments(protocol, clean)
        self.paho = _paho_client(client_id=client_id, protocol=protocol, **create)
        if username is not None:
            self.paho.username_pw_set(username, password)
        if tls is not None:
            self.paho.tls_set_context(tls)
        self.paho.max_inflight_messages_set(1000)
        self.paho.max_queued_messages_set(0)
        self.paho.on_connect = self._on_connect
        self.paho.on_subscribe = lambda *_: self._subscribed.set()
        self.paho.on_message = lambda _client, _userdata, message: self.messages.append(message)

    def _on_connect(self, _client, _userdata, _flags, reason, *_):
        if reason == 0:
            self._connected.set()

    def __enter__(self):
        self.paho.connect(self.broker.host, self.broker.port, keepalive=60, **self._connect)
        self.paho.loop_start()
        assert self._connected.wait(CONNECT_S), "not connected"
        return self

    def __exit__(self, *_):
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, topic_filter, qos=2):
        self._subscribed.clear()
        self.paho.subscribe(topic_filter, qos)
        assert self._subscribed.wait(CONNECT_S), "not subscribed"

    def send(self, topic, payload, qos=1, retain=False, properties=None):
        """Doesn't wait; the result has is_published()."""
        return self.paho.publish(topic, payload, qos, retain, properties=properties)

    def publish(self, topic, payload, qos=1, retain=False, properties=None):
        """Returns once it is acknowledged (QoS 0: sent)."""
        sent = self.send(topic, payload, qos, retain, properties)
        eventually(sent.is_published, ACKNOWLEDGE_S, 0.002, "not acknowledged")

    def received(self, count, deadline_s=30):
        """Waits for the first `count` messages and returns them."""
        eventually(lambda: len(self.messages) >= count, deadline_s, what="too few messages")
        return self.messages[:count]


def publish(broker, topic, payload, qos=1, protocol=V311, retain=False, properties=None, **client):
    """Publishes one message with a separate client. The broker has received it when this returns,
    even with QoS 0."""
    with Client(broker, protocol, **client) as sender:
        sender.publish(topic, payload, qos, retain, properties)
        if qos == 0:  # answered in order, after the message
            sender.subscribe("nothing/here")


def reading(device_uid="device-1", value=21, **more):
    """A device's payload."""
    return json.dumps({"uuid": device_uid, "value": value, **more})


def read_balance(broker, deadline_s=30):
    """Returns the latest balance that the plugin published."""
    with Client(broker) as client:
        client.subscribe(BALANCE_TOPIC, 0)
        return json.loads(client.received(1, deadline_s)[0].payload)


def await_balance(broker, deadline_s=60, **expected):
    """Waits for a balance with these fields and returns it; one comes every ten seconds."""
    with Client(broker) as client:
        client.subscribe(BALANCE_TOPIC, 0)

        def matching():
            for message in reversed(client.messages):
                balance = json.loads(message.payload)
                if all(balance[name] == value for name, value in expected.items()):
                    return balance
            return None

        last = lambda: f"{expected}; {[message.payload for message in client.messages[-1:]]}"
        return eventually(matching, deadline_s, what=last)
