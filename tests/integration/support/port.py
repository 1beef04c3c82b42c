# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""TCP ports on the loopback interface."""

import random
import socket

HOST = "127.0.0.1"

# Below the range that the kernel uses for outgoing connections, so that a server that is stopped
# finds its port free when it starts again.
_FIRST, _LAST = 20000, 31999
_given = set()


def free_port():
    while True:
        port = random.randint(_FIRST, _LAST)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        _given.add(port)
        return port


def is_served(port):
    """Whether the listener also reads what it receives. Sends a PINGREQ before CONNECT, which is no
    TLS record either; a broker closes the connection on it."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as probe:
            probe.sendall(b"\xc0\x00" * 8)
            probe.recv(1)
            return True
    except ConnectionResetError:
        return True
    except OSError:
        return False


def is_open(port):
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
