// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/bytes.h"
#include "base/object_id.h"
#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// The same as build_document() and build_dead_letter(), for those who only carry the BSON: appended
// to `to` as bytes, `_id` first. A rejected publish leaves `to` as it was.
Rejection append_document(const Publish& publish, const DeliveryContext& context, ByteBuffer& to);
void append_dead_letter(const Publish& publish, const DeliveryContext& context,
                        const Rejection& rejection, ByteBuffer& to);

// The `_id` of what append_document() made.
ObjectId id_of_document(ByteView document);

}  // namespace mongo_store::message
