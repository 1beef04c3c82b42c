# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""An MQTT 5 client that sends exactly what it is told: texts of any bytes, topics by alias."""

import socket
import ssl
import struct

_CONNECT, _CONNACK, _PUBLISH, _PUBACK = 0x10, 0x20, 0x30, 0x40
_HAS_USERNAME, _HAS_PASSWORD, _CLEAN_START = 0x80, 0x40, 0x02
_TOPIC_ALIAS = 0x23
_TIMEOUT_S = 60


def _variable_length(number):
    encoded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        encoded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def _text(data):
    return struct.pack(">H", len(data)) + data


def _packet(first_byte, body):
    return bytes([first_byte]) + _variable_length(len(body)) + body


class Closed(Exception):
    """The broker closed the connection, or refused it."""


class RawClient:
    """Connected while its "with" block runs. All texts are bytes. tls: an ssl.SSLContext. level:
    the protocol's, 5 or 4 (MQTT 3.1.1, which can only connect)."""

    def __init__(
        self, broker, client_id=b"raw", username=None, password=None, tls=None, keepalive_s=60,
        level=5,
    ):
        self._address = (broker.host, broker.port)
        self._client_id = client_id
        self._username = username
        self._password = password
        self._tls = tls
        self._keepalive_s = keepalive_s
        self._level = level
        self.connack = b""

    def __enter__(self):
        self._input = None
        self._socket = socket.create_connection(self._address, timeout=_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls is not None:
                self._socket = self._tls.wrap_socket(self._socket, server_hostname=self._address[0])
            self._input = self._socket.makefile("rb")
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._input is not None:
            self._input.close()
        self._socket.close()

    def _connect(self):
        flags = _CLEAN_START | (_HAS_USERNAME if self._username is not None else 0)
        flags |= _HAS_PASSWORD if self._password is not None else 0
        head = _text(b"MQTT") + bytes([self._level, flags]) + struct.pack(">H", self._keepalive_s)
        head += b"\0" if self._level == 5 else b""  # no properties
        given = (self._client_id, self._username, self._password)
        texts = [text for text in given if text is not None]
        self.send(_packet(_CONNECT, head + b"".join(map(_text, texts))))
        first_byte, body = self.receive()
        if first_byte != _CONNACK or body[1] != 0:
            raise Closed(f"answered with {first_byte:#x} {body!r}")
        self.connack = body

    def send(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error

    def _read(self, count):
        try:
            data = self._input.read(count)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(str(error)) from error
        if len(data) < count:
            raise Closed("end of input")
        return data

    def receive(self):
        """Returns the next packet: its first byte, and the bytes after its length."""
        first_byte = self._read(1)[0]
        length, shift = 0, 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                return first_byte, self._read(length)

    @staticmethod
    def publish_packet(topic, payload, packet_id, alias=None):
        """A PUBLISH with QoS 1. The alias is set if there is a topic, and used if the topic is
        empty."""
        properties = b"" if alias is None else struct.pack(">BH", _TOPIC_ALIAS, alias)
        head = _text(topic) + struct.pack(">H", packet_id)
        head += _variable_length(len(properties)) + properties
        return _packet(_PUBLISH | 1 << 1, head + payload)

    def await_acknowledgements(self, count):
        for _ in range(count):
            first_byte, body = self.receive()
            if first_byte != _PUBACK or (len(body) > 2 and body[2] >= 0x80):
                raise Closed(f"answered with {first_byte:#x} {body!r}")

    def publish(self, topic, payload):
        """Publishes one message and waits for its acknowledgement."""
        self.send(self.publish_packet(topic, payload, 1))
        self.await_acknowledgements(1)
