// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cjson/cJSON.h>

#include <string_view>

#include "message/cjson_ptr.h"
#include "message/payload_check.h"
#include "message/rejection.h"

namespace mongo_store::message {

// A payload that is JSON, as a tree of at most kDepthMax levels and kValuesMax nodes. In it
// - `valueint` of a number is the index of its token in `numbers`: cJSON keeps a double and a
//   saturated int, which lose the digits of a 64-bit integer and the difference of 1 and 1.0;
// - a NaN or an infinity, which only is_lenient lets pass, is a null;
// - `type` is cJSON_Invalid for a field whose key comes again in its object: the last one counts.
struct JsonTree {
  CJsonPtr root;
  NumberTokens numbers;  // views into the payload
};

// With is_lenient also what isn't quite JSON (docs/configuration.md, `lenient`): then strings and
// keys may not be UTF-8. What follows the payload's one value must be filler in either case: of two
// objects, one would be lost.
Rejection parse_payload(std::string_view payload, bool is_lenient, JsonTree* tree);

// The field with exactly this key, the last one if there are several; nullptr if there is none.
const cJSON* find_field(const cJSON& object, const char* key);

}  // namespace mongo_store::message
