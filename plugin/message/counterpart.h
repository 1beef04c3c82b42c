// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/bytes.h"
#include "base/object_id.h"

namespace mongo_store::message {

// The relation of a document to the one stored under its `_id`.
enum class Counterpart {
  kOwn,     // the document itself
  kResend,  // the same message, which arrived at another time or through another gateway
  kOther,
};

// Compares `document`, made of the record with this id of arrival, with what is stored; both are
// BSON with the same `_id`.
//
// An `_id` of arrival is this record's alone: with the same `date`, `deviceUID` and `gatewayID` the
// stored one is its document, whatever the server made of the values. An `_id` that comes from a
// message id can be a resend's, which differs in `date` and `gatewayID`. Values are compared as a
// server may give them back: -0.0 is 0.0, and fields may be in any order.
Counterpart compare(ByteView document, ByteView stored, const ObjectId& arrival_id);

}  // namespace mongo_store::message
