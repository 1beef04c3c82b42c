// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "message/cjson_ptr.h"

namespace mongo_store::cli {

// Builds a JSON object field by field and prints it as one line, without a line break. Throws
// std::bad_alloc if there is no memory.
class JsonLine {
 public:
  JsonLine();

  void add(const char* key, const std::string& value);
  // Up to 2^53, because cJSON stores doubles.
  void add_number(const char* key, std::uint64_t value);
  void add_bool(const char* key, bool value);
  void add_null(const char* key);
  // Bytes that aren't UTF-8, or that contain NUL, are added as base64 under the key + "Base64".
  void add_text_or_base64(const std::string& key, ByteView bytes);

  std::string print() const;

 private:
  message::CJsonPtr object_;
};

}  // namespace mongo_store::cli
