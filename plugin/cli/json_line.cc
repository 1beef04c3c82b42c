// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/json_line.h"

#include <new>
#include <string_view>

#include "cli/base64.h"
#include "message/bson_text.h"

namespace mongo_store::cli {
namespace {

void check(const void* made) {
  if (made == nullptr) throw std::bad_alloc();
}

}  // namespace

JsonLine::JsonLine() : object_(cJSON_CreateObject()) { check(object_.get()); }

void JsonLine::add(const char* key, const std::string& value) {
  check(cJSON_AddStringToObject(object_.get(), key, value.c_str()));
}
void JsonLine::add_number(const char* key, std::uint64_t value) {
  check(cJSON_AddNumberToObject(object_.get(), key, static_cast<double>(value)));
}
void JsonLine::add_bool(const char* key, bool value) {
  check(cJSON_AddBoolToObject(object_.get(), key, static_cast<cJSON_bool>(value)));
}
void JsonLine::add_null(const char* key) { check(cJSON_AddNullToObject(object_.get(), key)); }

void JsonLine::add_text_or_base64(const std::string& key, ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (message::is_utf8(text)) {
    add(key.c_str(), std::string(text));
  } else {
    add((key + "Base64").c_str(), base64(bytes));
  }
}

std::string JsonLine::print() const {
  const message::CJsonText printed(cJSON_PrintUnformatted(object_.get()));
  check(printed.get());
  return printed.get();
}

}  // namespace mongo_store::cli
