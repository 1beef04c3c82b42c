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

// The publish that a dead letter was made from, and the reason. All members are views into the dead
// letter's BSON. A dead letter doesn't contain the settings that it was made under, except the
// gateway id and the collection; if its message id came from a user property, `publish` has it.
struct DeadLetterReading {
  Publish publish;  // its route is 0
  std::string_view gateway_id;
  std::string_view collection;  // empty: unknown
  std::string_view reason_code;
  std::string_view reason_sentence;
};

// The reverse of build_dead_letter(). If the payload was left out, it is read as empty. kReject:
// `document` isn't a dead letter. Pure; any thread.
Result<DeadLetterReading> read_dead_letter(const bson_t& document);

// The context to deliver its publish under: `route`, with the gateway id, the collection and the
// source of the message id replaced by those of the dead letter.
DeliveryContext context_of(const DeadLetterReading& letter, Route route);

}  // namespace mongo_store::message
