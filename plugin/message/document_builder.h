// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// Appends to the empty `document` what the publish becomes: `_id` (of the message id, else of
// arrival), `date`, `deviceUID`, `value`, `gatewayID`, and the metadata where the route asks for
// them. What can't become a document leaves
// `document` in any state and says why; make the dead letter from that. Pure: no I/O, no clock; any
// thread. Memory: bounded by a few times the payload (payload_check.h has the bound on values).
Rejection build_document(const Publish& publish, const DeliveryContext& context, bson_t* document);

}  // namespace mongo_store::message
