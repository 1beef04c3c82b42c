# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The effect of a message id on a document."""

import hashlib
import struct

from bson import ObjectId


def document_id(message_id, device="d", client_id="sensor-1", username=None):
    """Computes the `_id` as docs/journal-format.md defines it."""
    who = client_id if username is None else username
    parts = [part.encode() for part in (who, device, message_id)]
    kind = bytes([0 if username is None else 1])
    named = kind + b"".join(struct.pack("<I", len(part)) + part for part in parts)
    return ObjectId(hashlib.sha256(named).digest()[:12])
