// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// Appends to the empty `document` the dead letter of a publish: `_id` and `date` of arrival,
// `reason` {code, message}, `topic`, `clientID`, `username`, `qos`, `retain`, `messageID` (only
// where a user property gave one; null: one that was cut), `gatewayID`, `collection` (what it was
// meant for), `payload` (Binary, generic) and `payloadBytes` (its length as it arrived; over the
// Binary's when truncated). Never fails: strings that aren't valid UTF-8 are stored as Binary.
void build_dead_letter(const Publish& publish, const DeliveryContext& context,
                       const Rejection& rejection, bson_t* document);

}  // namespace mongo_store::message
