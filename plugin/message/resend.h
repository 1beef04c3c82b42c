// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/bytes.h"
#include "base/object_id.h"

namespace mongo_store::message {

// Whether `document`, made of the record with this id of arrival, is a resend of what became
// `stored`: its `_id` comes from a message id, and all is equal but what a resend changes, `date`
// and `gatewayID`. Both are BSON with the same `_id`.
bool is_resend(ByteView document, ByteView stored, const ObjectId& arrival_id);

}  // namespace mongo_store::message
