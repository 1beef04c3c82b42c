// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/bytes.h"
#include "base/object_id.h"

namespace mongo_store::message {

// How a document relates to the stored document with the same `_id`.
enum class Counterpart {
  kOwn,     // the stored document is this one
  kResend,  // the same message, received at another time or by another gateway
  kOther,   // a different message
};

// Compares `document`, made from the record with the id `arrival_id`, with the stored document.
// Both are BSON with the same `_id`; anything that isn't BSON is kOther. Pure; any thread.
//
// If the `_id` is `arrival_id`, no other record has it. A stored document with the same `date`,
// `deviceUID` and `gatewayID` is then kOwn, even if the server changed its values. If the `_id` was
// made from a message id, the stored document may be a resend, which differs only in `date` and
// `gatewayID`. Values are compared the way servers return them: -0.0 equals 0.0, and the order of
// fields doesn't matter.
Counterpart compare(ByteView document, ByteView stored, const ObjectId& arrival_id);

}  // namespace mongo_store::message
