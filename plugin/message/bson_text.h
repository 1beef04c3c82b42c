// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <string_view>

#include "base/object_id.h"
#include "base/text.h"
#include "message/rejection.h"

namespace mongo_store::message {

// The first two fields of documents and dead letters.
inline void append_id_and_date(bson_t* document, const ObjectId& id, std::int64_t arrival_ms) {
  bson_oid_t oid;
  bson_oid_init_from_data(&oid, reinterpret_cast<const std::uint8_t*>(id.bytes.data()));
  BSON_APPEND_OID(document, "_id", &oid);
  BSON_APPEND_DATE_TIME(document, "date", arrival_ms);
}

// A NUL, also in its overlong form C0 80, counts as invalid.
[[nodiscard]] inline bool is_utf8(std::string_view text) {
  return text.empty() || bson_utf8_validate(text.data(), text.size(), false);
}

inline Rejection bad_text(std::string_view name) {
  return {RejectionCode::kInvalidUtf8,
          mongo_store::text(name, " isn't valid UTF-8 or contains a NUL")};
}

// Appends `text` if it is valid UTF-8 without NUL. False: it isn't, and nothing was appended.
[[nodiscard]] inline bool append_text(bson_t* document, const char* key, std::string_view text) {
  if (text.empty()) return BSON_APPEND_UTF8(document, key, "");  // its data() may be null
  return is_utf8(text) &&
         bson_append_utf8(document, key, -1, text.data(), static_cast<int>(text.size()));
}

}  // namespace mongo_store::message
