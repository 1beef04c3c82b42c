// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <string_view>

#include "base/object_id.h"
#include "message/publish.h"

namespace mongo_store::message {

// The first two fields of documents and dead letters: `_id` and `date`, both fixed at arrival.
inline void append_arrival(bson_t* document, const Publish& publish) {
  bson_oid_t id;
  bson_oid_init_from_data(&id, reinterpret_cast<const std::uint8_t*>(publish.id.bytes.data()));
  BSON_APPEND_OID(document, "_id", &id);
  BSON_APPEND_DATE_TIME(document, "date", publish.arrival_ms);
}

// Appends a string, if it is one that BSON may hold everywhere: valid UTF-8 without NUL.
[[nodiscard]] inline bool append_text(bson_t* document, const char* key, std::string_view text) {
  if (text.empty()) return BSON_APPEND_UTF8(document, key, "");  // its data() may be null
  return bson_utf8_validate(text.data(), text.size(), false) &&
         bson_append_utf8(document, key, -1, text.data(), static_cast<int>(text.size()));
}

}  // namespace mongo_store::message
