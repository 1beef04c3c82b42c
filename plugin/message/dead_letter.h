// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// Appends the dead letter of a publish to the empty `document`: `_id` and `date` of the arrival,
// `reason` {code, message}, `topic`, `clientID`, `username`, `qos`, `retain`, `messageID` (only if
// a user property contained one; null if it was cut), `gatewayID`, `collection` (where the document
// would have been stored), `payload` (Binary, generic) and `payloadBytes` (the length on arrival,
// which is larger than the Binary if the payload was truncated). Never fails: strings that aren't
// valid UTF-8 are stored as Binary. Pure; any thread.
void build_dead_letter(const Publish& publish, const DeliveryContext& context,
                       const Rejection& rejection, bson_t* document);

}  // namespace mongo_store::message
