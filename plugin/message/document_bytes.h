// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/bytes.h"
#include "base/object_id.h"
#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// The same as build_document() and build_dead_letter(), for callers that only pass the BSON on:
// appends its bytes to `to`, with `_id` as the first field. A rejection leaves `to` unchanged.
Rejection append_document(const Publish& publish, const DeliveryContext& context, ByteBuffer& to);
void append_dead_letter(const Publish& publish, const DeliveryContext& context,
                        const Rejection& rejection, ByteBuffer& to);

// The `_id` of a document from append_document(); all zero if the bytes contain none.
ObjectId id_of_document(ByteView document);

}  // namespace mongo_store::message
