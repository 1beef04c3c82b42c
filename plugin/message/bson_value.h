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

// Converts JSON values to BSON. Refers to the payload and its tree, which must outlive it.
//
// With kAuto, a number without fraction and exponent becomes an exact int32 or int64 (-0 becomes 0)
// and any other number becomes a double. With kDouble, every number becomes a double (-0 becomes
// -0.0). Keys are copied unchanged, even if they are empty or contain dots or dollar signs: the
// database decides whether to accept them. With is_lenient, an integer beyond 64 bits becomes a
// double, and strings and keys are checked for UTF-8 here, because check_payload() doesn't.
class BsonValueWriter {
 public:
  BsonValueWriter(std::string_view payload, const JsonTree& tree, NumberType number_type,
                  bool is_lenient)
      : payload_(payload), tree_(tree), number_type_(number_type), is_lenient_(is_lenient) {}

  // Appends `value` under `key`. After a rejection, the content of `to` is unspecified.
  Rejection append(const char* key, const cJSON& value, bson_t* to);

 private:
  Rejection append_number(const char* key, const cJSON& number, bson_t* to);
  Rejection append_integer(const char* key, const cJSON& number, std::string_view token,
                           bson_t* to);
  Rejection append_double(const char* key, const cJSON& number, std::string_view token, bson_t* to);
  Rejection append_object(const char* key, const cJSON& object, bson_t* to);
  Rejection append_array(const char* key, const cJSON& array, bson_t* to);
  Rejection out_of_range(std::string_view token, std::string_view rule) const;

  std::string_view payload_;
  const JsonTree& tree_;
  NumberType number_type_;
  bool is_lenient_;
};

}  // namespace mongo_store::message
