// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cjson/cJSON.h>

#include <string_view>

#include "message/cjson_ptr.h"
#include "message/payload_check.h"
#include "message/rejection.h"

namespace mongo_store::message {

// A payload parsed as JSON: a tree of at most kDepthMax levels and kValuesMax nodes. It differs
// from other cJSON trees:
// - `valueint` of a number is the index of its token in `numbers`. cJSON's own double and saturated
//   int lose digits of 64-bit integers, and don't distinguish 1 from 1.0;
// - a NaN or an infinity (accepted only with is_lenient) is a null;
// - a field whose key occurs again later in its object has the type cJSON_Invalid, because the last
//   field counts.
struct JsonTree {
  CJsonPtr root;
  NumberTokens numbers;  // views into the payload
};

// Parses the payload, which must outlive `tree`. With is_lenient, also accepts the deviations from
// JSON that docs/configuration.md lists under `lenient`; strings and keys may then be invalid
// UTF-8. Rejects a second value after the first one, with or without is_lenient, because it would
// be lost. Throws std::bad_alloc.
Rejection parse_payload(std::string_view payload, bool is_lenient, JsonTree* tree);

// The last field with exactly this key, or nullptr.
const cJSON* find_field(const cJSON& object, const char* key);

}  // namespace mongo_store::message
