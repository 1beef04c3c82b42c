// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/dead_letter.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "message/bson_text.h"

namespace mongo_store::message {
namespace {

void append_binary(bson_t* document, const char* key, ByteView bytes) {
  static constexpr std::uint8_t kNothing = 0;  // an empty view's data() may be null
  const auto* from =
      bytes.empty() ? &kNothing : reinterpret_cast<const std::uint8_t*>(bytes.data());
  bson_append_binary(document, key, -1, BSON_SUBTYPE_BINARY, from,
                     static_cast<std::uint32_t>(bytes.size()));
}

void append_text_or_binary(bson_t* document, const char* key, std::string_view text) {
  if (!append_text(document, key, text)) append_binary(document, key, as_bytes(text));
}

void append_reason(bson_t* document, const Rejection& rejection) {
  bson_t reason;
  BSON_APPEND_DOCUMENT_BEGIN(document, "reason", &reason);
  append_text_or_binary(&reason, "code", rejection_code_name(rejection.code));
  append_text_or_binary(&reason, "message", rejection.sentence);
  bson_append_document_end(document, &reason);
}

// A cut message id is stored as null: its first bytes could equal the id of another message.
void append_message_id(bson_t* document, const Publish& publish) {
  if (publish.is_message_id_cut) {
    BSON_APPEND_NULL(document, "messageID");
  } else if (!publish.message_id.empty()) {
    append_text_or_binary(document, "messageID", publish.message_id);
  }
}

void append_origin(bson_t* document, const Publish& publish) {
  append_text_or_binary(document, "topic", publish.topic);
  append_text_or_binary(document, "clientID", publish.client_id);
  if (publish.has_username) {
    append_text_or_binary(document, "username", publish.username);
  } else {
    BSON_APPEND_NULL(document, "username");
  }
  BSON_APPEND_INT32(document, "qos", publish.qos);
  BSON_APPEND_BOOL(document, "retain", publish.is_retain);
  append_message_id(document, publish);
}

}  // namespace

void build_dead_letter(const Publish& publish, const DeliveryContext& context,
                       const Rejection& rejection, bson_t* document) {
  append_id_and_date(document, publish.id, publish.arrival_ms);
  append_reason(document, rejection);
  append_origin(document, publish);
  append_text_or_binary(document, "gatewayID", context.gateway_id);
  if (publish.route < context.routes.size()) {
    append_text_or_binary(document, "collection", context.routes[publish.route].collection);
  } else {
    BSON_APPEND_NULL(document, "collection");
  }
  append_binary(document, "payload", publish.payload);
  const auto kept = static_cast<std::int64_t>(publish.payload.size());
  BSON_APPEND_INT64(document, "payloadBytes",
                    std::max(kept, std::int64_t{publish.payload_bytes_total}));
}

}  // namespace mongo_store::message
