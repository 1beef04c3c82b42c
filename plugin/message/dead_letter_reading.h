// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>
#include <string_view>

#include "base/status.h"
#include "message/publish.h"

namespace mongo_store::message {

// What a dead letter holds of the publish that it was made of. All are views into the dead letter.
// Its settings are not in it, but for these two: the gateway's id, and the collection meant (empty:
// nobody knows).
struct DeadLetterReading {
  Publish publish;  // of route 0
  std::string_view gateway_id;
  std::string_view collection;
  std::string_view reason_code;
  std::string_view reason_sentence;
};

// The counterpart of build_dead_letter(). A dead letter without its payload is read as one of an
// empty payload. kReject: it isn't one.
Result<DeadLetterReading> read_dead_letter(const bson_t& document);

}  // namespace mongo_store::message
