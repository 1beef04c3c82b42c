# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""TCP proxies between a database or a broker and its clients, which cut connections on request."""

import socket
import struct
import threading

from support.port import HOST

_HEADER_BYTES = 4  # a message of MongoDB's wire protocol begins with its length, little-endian
_ANSWER_S = 30
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


def _read_exactly(end, count):
    parts = bytearray()
    while len(parts) < count:
        part = end.recv(count - len(parts))
        if not part:
            return b""
        parts += part
    return bytes(parts)


def read_mongodb(end):
    """Reads a whole message; returns nothing at the end of the connection."""
    header = _read_exactly(end, _HEADER_BYTES)
    if not header:
        return b""
    rest = _read_exactly(end, struct.unpack("<i", header)[0] - _HEADER_BYTES)
    return header + rest if rest else b""


def read_mqtt(end):
    """Reads a whole packet; returns nothing at the end of the connection."""
    header = bytearray(_read_exactly(end, 1))
    length = 0
    while header and (len(header) == 1 or header[-1] & 0x80):
        header += (byte := _read_exactly(end, 1))
        if not byte:
            return b""
        length |= (byte[0] & 0x7F) << 7 * (len(header) - 2)
    body = _read_exactly(end, length)
    return bytes(header) + body if len(body) == length else b""


class Proxy:
    """Forwards whole messages between clients and one server, from its start to its stop.

    cut_before(message): a function of the test's, asked for each message of a client, on a thread of
    that connection; true: the connection is closed and the server never sees the message.
    cut_after(message): the same, but the server gets it, and only its answer is lost.
    read: what a message is.
    """

    def __init__(
        self, server_host, server_port, cut_before=None, cut_after=None, read=read_mongodb
    ):
        self.server = (server_host, server_port)
        self._read = read
        self.host = HOST
        self.cut_before = cut_before or (lambda message: False)
        self.cut_after = cut_after or (lambda message: False)
        self.cuts = 0
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._is_stopped = False

    @property
    def uri(self):
        return f"mongodb://{self.host}:{self.port}/?directConnection=true"

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()

    def stop(self):
        self._is_stopped = True
        self._listener.close()
        self.cut_all()

    def cut_all(self):
        """Closes all connections. New ones are still accepted."""
        with self._lock:
            for end in self._open:
                _close(end)

    def _accept(self):
        while not self._is_stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(self.server)
        except OSError:
            _close(client)
            return
        with self._lock:
            self._open |= {client, server}
        answers = threading.Thread(target=_copy, args=(server, client), daemon=True)
        answers.start()
        try:
            self._forward(client, server, answers)
        except OSError:
            pass
        for end in (client, server):
            _close(end)
        answers.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _forward(self, client, server, answers):
        while message := self._read(client):
            if self.cut_before(message):
                self._count_cut()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                return
            if self.cut_after(message):
                self._count_cut()
                client.shutdown(socket.SHUT_RDWR)
                server.sendall(message)
                answers.join(_ANSWER_S)  # ends with the answer, which it can't pass on
                return
            server.sendall(message)

    def _count_cut(self):
        with self._lock:
            self.cuts += 1


def _close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _copy(source, to):
    try:
        while part := source.recv(1 << 16):
            to.sendall(part)
    except OSError:
        pass
    _close(to)
