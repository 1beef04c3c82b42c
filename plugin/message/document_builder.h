// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// Appends the document of a publish to the empty `document`: `_id` (from the message id if there is
// one, else the id assigned on arrival), `date`, `deviceUID`, `value`, `gatewayID`, and the
// metadata if the route has it. A rejection says why there can be no document; the content of
// `document` is then unspecified, and the caller makes a dead letter. Pure: no I/O, no clock; any
// thread. Needs a few times the payload's size in memory (kValuesMax bounds the JSON tree). Throws
// std::bad_alloc.
Rejection build_document(const Publish& publish, const DeliveryContext& context, bson_t* document);

}  // namespace mongo_store::message
