// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "message/cjson_ptr.h"

namespace mongo_store::cli {

// A JSON object that is being written, field by field, as one line without a line break. What has
// no memory ends in std::bad_alloc.
class JsonLine {
 public:
  JsonLine();

  void add(const char* key, const std::string& value);
  // Up to 2^53, as cJSON holds doubles.
  void add_number(const char* key, std::uint64_t value);
  void add_bool(const char* key, bool value);
  void add_null(const char* key);
  // What isn't UTF-8 without NUL stands as base64 under the key with "Base64" behind it.
  void add_text_or_base64(const std::string& key, ByteView bytes);

  std::string print() const;

 private:
  message::CJsonPtr object_;
};

}  // namespace mongo_store::cli
