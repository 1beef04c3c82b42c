// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/dead_letter_reading.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "base/text.h"
#include "message/rejection.h"

namespace mongo_store::message {
namespace {

// A string, or the bytes of a Binary (dead letters hold text that isn't UTF-8 as Binary). Empty for
// any other type.
std::string_view text_of(const bson_iter_t& at) {
  std::uint32_t length = 0;
  if (BSON_ITER_HOLDS_UTF8(&at)) {
    const char* utf8 = bson_iter_utf8(&at, &length);
    return {utf8, length};
  }
  if (!BSON_ITER_HOLDS_BINARY(&at)) return {};
  const std::uint8_t* bytes = nullptr;
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  bson_iter_binary(&at, &subtype, &length, &bytes);
  return {reinterpret_cast<const char*>(bytes), length};
}

std::string_view text_at(const bson_t& document, const char* key) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &document, key) ? text_of(at) : std::string_view();
}

std::string_view reason_part(const bson_t& document, const char* key) {
  bson_iter_t at;
  bson_iter_t part;
  return bson_iter_init(&at, &document) && bson_iter_find_descendant(&at, key, &part)
             ? text_of(part)
             : std::string_view();
}

std::int64_t number_at(const bson_t& document, const char* key) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &document, key) ? bson_iter_as_int64(&at) : 0;
}

bool read_arrival(const bson_t& document, Publish& publish) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, "_id") || !BSON_ITER_HOLDS_OID(&at)) return false;
  std::memcpy(publish.id.bytes.data(), bson_iter_oid(&at)->bytes, ObjectId::kBytes);
  if (!bson_iter_init_find(&at, &document, "date") || !BSON_ITER_HOLDS_DATE_TIME(&at)) return false;
  publish.arrival_ms = bson_iter_date_time(&at);
  return true;
}

void read_origin(const bson_t& document, Publish& publish) {
  publish.topic = text_at(document, "topic");
  publish.client_id = text_at(document, "clientID");
  publish.username = text_at(document, "username");
  bson_iter_t at;
  publish.has_username =
      bson_iter_init_find(&at, &document, "username") && !BSON_ITER_HOLDS_NULL(&at);
  publish.qos = static_cast<std::uint8_t>(number_at(document, "qos"));
  publish.is_retain = bson_iter_init_find(&at, &document, "retain") && bson_iter_as_bool(&at);
  publish.payload = as_bytes(text_at(document, "payload"));
  const std::int64_t total = std::clamp<std::int64_t>(number_at(document, "payloadBytes"), 0,
                                                      std::numeric_limits<std::uint32_t>::max());
  publish.payload_bytes_total = std::max(static_cast<std::uint32_t>(total),
                                         static_cast<std::uint32_t>(publish.payload.size()));
}

void read_message_id(const bson_t& document, Publish& publish) {
  publish.message_id = text_at(document, "messageID");
  bson_iter_t at;
  publish.is_message_id_cut =
      bson_iter_init_find(&at, &document, "messageID") && BSON_ITER_HOLDS_NULL(&at);
}

// The reason code tells which text was cut: a dead letter has no field for that.
void read_cuts(std::string_view reason_code, Publish& publish) {
  const auto is = [&](RejectionCode code) { return reason_code == rejection_code_name(code); };
  publish.is_topic_cut = is(RejectionCode::kTopicTooLong);
  publish.is_client_id_cut = is(RejectionCode::kClientIdTooLong);
  publish.is_username_cut = is(RejectionCode::kUsernameTooLong);
}

}  // namespace

Result<DeadLetterReading> read_dead_letter(const bson_t& document) {
  DeadLetterReading reading;
  reading.reason_code = reason_part(document, "reason.code");
  if (!read_arrival(document, reading.publish) || reading.reason_code.empty()) {
    return Status::reject("not a dead letter: _id, date or reason.code is missing");
  }
  reading.reason_sentence = reason_part(document, "reason.message");
  reading.gateway_id = text_at(document, "gatewayID");
  reading.collection = text_at(document, "collection");
  read_origin(document, reading.publish);
  read_message_id(document, reading.publish);
  read_cuts(reading.reason_code, reading.publish);
  return reading;
}

DeliveryContext context_of(const DeadLetterReading& letter, Route route) {
  route.collection = letter.collection;
  if (!letter.publish.message_id.empty() || letter.publish.is_message_id_cut) {
    route.message_id_source = MessageIdSource::kProperty;
  }
  return {std::string(letter.gateway_id), {std::move(route)}};
}

}  // namespace mongo_store::message
