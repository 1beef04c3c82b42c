// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/stored_message.h"

#include <cstring>
#include <optional>
#include <string>

#include "message/cjson_ptr.h"

namespace mongo_store::cli {
namespace {

std::optional<std::uint64_t> sequence_of(double number) {
  if (!(number >= 0 && number <= static_cast<double>(kSequenceMax))) return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(number);
  return static_cast<double>(whole) == number ? std::optional(whole) : std::nullopt;
}

std::string text_field(const bson_t& document, const char* name) {
  bson_iter_t field;
  if (!bson_iter_init_find(&field, &document, name) || !BSON_ITER_HOLDS_UTF8(&field)) return "";
  std::uint32_t bytes = 0;
  const char* value = bson_iter_utf8(&field, &bytes);
  return {value, bytes};
}

ObjectId id_of(const bson_t& document) {
  ObjectId id;
  bson_iter_t field;
  if (bson_iter_init_find(&field, &document, "_id") && BSON_ITER_HOLDS_OID(&field)) {
    std::memcpy(id.bytes.data(), bson_iter_oid(&field)->bytes, ObjectId::kBytes);
  }
  return id;
}

}  // namespace

// With number_type double, the sequence is a double.
StoredMessage message_of_document(const bson_t& document) {
  StoredMessage stored{text_field(document, "deviceUID"), std::nullopt,
                       text_field(document, "gatewayID"), id_of(document)};
  bson_iter_t top;
  bson_iter_t sequence;
  if (bson_iter_init(&top, &document) &&
      bson_iter_find_descendant(&top, "value.sequence", &sequence) &&
      BSON_ITER_HOLDS_NUMBER(&sequence)) {
    stored.sequence = sequence_of(bson_iter_as_double(&sequence));
  }
  return stored;
}

StoredMessage message_of_dead_letter(const bson_t& dead_letter) {
  StoredMessage stored{"", std::nullopt, text_field(dead_letter, "gatewayID"), {}};
  bson_iter_t field;
  if (!bson_iter_init_find(&field, &dead_letter, "payload") || !BSON_ITER_HOLDS_BINARY(&field)) {
    return stored;
  }
  std::uint32_t bytes = 0;
  const std::uint8_t* payload = nullptr;
  bson_iter_binary(&field, nullptr, &bytes, &payload);
  const message::CJsonPtr parsed(
      cJSON_ParseWithLength(reinterpret_cast<const char*>(payload), bytes));
  const char* device = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(parsed.get(), "uuid"));
  if (device != nullptr) stored.device = device;
  const cJSON* sequence = cJSON_GetObjectItemCaseSensitive(parsed.get(), "sequence");
  if (cJSON_IsNumber(sequence) != 0) stored.sequence = sequence_of(sequence->valuedouble);
  return stored;
}

}  // namespace mongo_store::cli
