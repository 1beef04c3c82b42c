// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/bson_value.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/text.h"
#include "message/bson_text.h"

namespace mongo_store::message {
namespace {

constexpr int kWhole = -1;               // as a length: up to the terminator
constexpr std::size_t kIndexBytes = 16;  // an array index in decimal with its terminator

// libbson refuses to append only if the document would exceed its limit of 2 GiB.
Rejection appended(bool is_appended) {
  if (is_appended) return {};
  return {RejectionCode::kDocumentTooLarge, "the document would exceed 2 GiB"};
}

// libbson 2.4 deprecates the old name.
bool begin_array(bson_t* to, const char* key, bson_t* elements) {
#if BSON_CHECK_VERSION(2, 4, 0)
  return bson_append_array_unsafe_begin(to, key, kWhole, elements);
#else
  return bson_append_array_begin(to, key, kWhole, elements);
#endif
}

}  // namespace

// append(), append_object() and append_array() recurse at most kDepthMax levels.
Rejection BsonValueWriter::append(const char* key, const cJSON& value, bson_t* to) {
  if (cJSON_IsNumber(&value)) return append_number(key, value, to);
  if (cJSON_IsObject(&value)) return append_object(key, value, to);
  if (cJSON_IsArray(&value)) return append_array(key, value, to);
  if (cJSON_IsString(&value)) {
    if (is_lenient_ && !is_utf8(value.valuestring)) return bad_text("value contains a string that");
    return appended(bson_append_utf8(to, key, kWhole, value.valuestring, kWhole));
  }
  if (cJSON_IsBool(&value)) {
    return appended(bson_append_bool(to, key, kWhole, cJSON_IsTrue(&value) != 0));
  }
  return appended(bson_append_null(to, key, kWhole));
}

Rejection BsonValueWriter::append_number(const char* key, const cJSON& number, bson_t* to) {
  const std::string_view token = tree_.numbers[static_cast<std::size_t>(number.valueint)];
  const bool is_integer = token.find_first_of(".eE") == std::string_view::npos;
  if (number_type_ == NumberType::kAuto && is_integer) {
    return append_integer(key, number, token, to);
  }
  return append_double(key, number, token, to);
}

Rejection BsonValueWriter::append_double(const char* key, const cJSON& number,
                                         std::string_view token, bson_t* to) {
  if (!std::isfinite(number.valuedouble)) {
    return out_of_range(token, "it must fit in a double");
  }
  return appended(bson_append_double(to, key, kWhole, number.valuedouble));
}

Rejection BsonValueWriter::append_integer(const char* key, const cJSON& number,
                                          std::string_view token, bson_t* to) {
  std::int64_t integer = 0;
  const auto parsed = std::from_chars(token.data(), token.data() + token.size(), integer);
  if (parsed.ec != std::errc()) {
    if (is_lenient_) return append_double(key, number, token, to);
    return out_of_range(token,
                        "an integer must be between -9223372036854775808 and 9223372036854775807");
  }
  const bool is_int32 = integer >= std::numeric_limits<std::int32_t>::min() &&
                        integer <= std::numeric_limits<std::int32_t>::max();
  return appended(is_int32 ? bson_append_int32(to, key, kWhole, static_cast<std::int32_t>(integer))
                           : bson_append_int64(to, key, kWhole, integer));
}

Rejection BsonValueWriter::append_object(const char* key, const cJSON& object, bson_t* to) {
  bson_t fields;
  if (!bson_append_document_begin(to, key, kWhole, &fields)) return appended(false);
  Rejection rejection;
  for (const cJSON* field = object.child; field != nullptr && rejection.is_none();
       field = field->next) {
    if (cJSON_IsInvalid(field)) continue;
    rejection = is_lenient_ && !is_utf8(field->string) ? bad_text("value contains a key that")
                                                       : append(field->string, *field, &fields);
  }
  if (!bson_append_document_end(to, &fields) && rejection.is_none()) return appended(false);
  return rejection;
}

Rejection BsonValueWriter::append_array(const char* key, const cJSON& array, bson_t* to) {
  bson_t elements;
  if (!begin_array(to, key, &elements)) return appended(false);
  Rejection rejection;
  std::uint32_t index = 0;
  for (const cJSON* element = array.child; element != nullptr && rejection.is_none();
       element = element->next) {
    char buffer[kIndexBytes];
    const char* index_key = nullptr;
    bson_uint32_to_string(index++, &index_key, buffer, sizeof buffer);
    rejection = append(index_key, *element, &elements);
  }
  if (!bson_append_array_end(to, &elements) && rejection.is_none()) return appended(false);
  return rejection;
}

Rejection BsonValueWriter::out_of_range(std::string_view token, std::string_view rule) const {
  return {RejectionCode::kNumberOutOfRange,
          text("number \"", escaped(token, 32), "\" at byte ", token.data() - payload_.data(),
               " is out of range: ", rule)};
}

}  // namespace mongo_store::message
