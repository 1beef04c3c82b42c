// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>
#include <string_view>

#include "base/status.h"
#include "message/delivery_context.h"
#include "message/publish.h"

namespace mongo_store::message {

// What a dead letter holds of the publish that it was made of. All are views into the dead letter.
// Its settings are not in it, but for the gateway's id, the collection meant (empty: nobody knows),
// and that its message id was in a user property (the publish has one then).
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

// What its publish is to be delivered under: `route`, but for what the dead letter says itself.
DeliveryContext context_of(const DeadLetterReading& letter, Route route);

}  // namespace mongo_store::message
