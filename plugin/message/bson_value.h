// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>
#include <cjson/cJSON.h>

#include <string_view>

#include "message/delivery_context.h"
#include "message/json_tree.h"
#include "message/rejection.h"

namespace mongo_store::message {

// Turns JSON values into BSON ones. Views the payload and its tree, which must outlive it.
//
// Under kAuto a number without fraction and exponent is an int32 or int64 exactly (-0 is 0), any
// other one a double; under kDouble each is a double (-0 is -0.0). Keys stay as they are: empty
// ones, dots and dollars are for the database to take or to refuse. With is_lenient an integer that
// 64 bits can't hold is a double, and strings and keys are checked here: no one did before.
class BsonValueWriter {
 public:
  BsonValueWriter(std::string_view payload, const JsonTree& tree, NumberType number_type,
                  bool is_lenient)
      : payload_(payload), tree_(tree), number_type_(number_type), is_lenient_(is_lenient) {}

  // Appends `value` under `key`. What isn't none leaves `to` in any state.
  Rejection append(const char* key, const cJSON& value, bson_t* to);

 private:
  Rejection append_number(const char* key, const cJSON& number, bson_t* to);
  Rejection append_integer(const char* key, const cJSON& number, std::string_view token,
                           bson_t* to);
  Rejection append_double(const char* key, const cJSON& number, std::string_view token, bson_t* to);
  Rejection append_object(const char* key, const cJSON& object, bson_t* to);
  Rejection append_array(const char* key, const cJSON& array, bson_t* to);
  Rejection out_of_range(std::string_view token, std::string_view accepted) const;

  std::string_view payload_;
  const JsonTree& tree_;
  NumberType number_type_;
  bool is_lenient_;
};

}  // namespace mongo_store::message
