// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/record_json.h"

#include <bson/bson.h>
#include <cjson/cJSON.h>

#include <memory>
#include <new>

#include "base/text.h"
#include "cli/base64.h"
#include "cli/time_text.h"
#include "message/publish.h"

namespace mongo_store::cli {
namespace {

struct Deleter {
  void operator()(cJSON* object) const { cJSON_Delete(object); }
  void operator()(char* printed) const { cJSON_free(printed); }
};

// An object that is being written; what has no memory ends in std::bad_alloc.
class JsonLine {
 public:
  JsonLine() : object_(cJSON_CreateObject()) { check(object_.get()); }

  void add(const char* key, const std::string& value) {
    check(cJSON_AddStringToObject(object_.get(), key, value.c_str()));
  }
  // Up to 2^53, as cJSON holds doubles.
  void add_number(const char* key, std::uint64_t value) {
    check(cJSON_AddNumberToObject(object_.get(), key, static_cast<double>(value)));
  }
  void add_bool(const char* key, bool value) {
    check(cJSON_AddBoolToObject(object_.get(), key, static_cast<cJSON_bool>(value)));
  }
  void add_null(const char* key) { check(cJSON_AddNullToObject(object_.get(), key)); }
  void add_text_or_base64(const std::string& key, ByteView bytes) {
    const std::string_view text_there = as_text(bytes);
    if (bytes.empty() || bson_utf8_validate(text_there.data(), text_there.size(), false)) {
      add(key.c_str(), std::string(text_there));
    } else {
      add((key + "Base64").c_str(), base64(bytes));
    }
  }
  std::string print() const {
    const std::unique_ptr<char, Deleter> printed(cJSON_PrintUnformatted(object_.get()));
    check(printed.get());
    return printed.get();
  }

 private:
  static void check(const void* made) {
    if (made == nullptr) throw std::bad_alloc();
  }

  std::unique_ptr<cJSON, Deleter> object_;
};

void add_publish(const message::Publish& publish, JsonLine& line) {
  line.add("date", time_text(publish.arrival_ms));
  line.add_text_or_base64("topic", as_bytes(publish.topic));
  line.add_text_or_base64("clientID", as_bytes(publish.client_id));
  if (publish.has_username) {
    line.add_text_or_base64("username", as_bytes(publish.username));
  } else {
    line.add_null("username");
  }
  line.add_number("qos", publish.qos);
  line.add_bool("retain", publish.is_retain);
  line.add_number("route", publish.route);
  line.add_number("payloadBytes", publish.payload_bytes_total);
  line.add_text_or_base64("payload", publish.payload);
}

}  // namespace

std::string record_json(std::string_view journal, const journal::FoundRecord& record) {
  JsonLine line;
  line.add_text_or_base64("journal", as_bytes(journal));
  line.add_number("sequence", record.sequence);
  line.add("_id", record.id.hex());
  line.add_bool("isPending", !record.is_settled);
  const Result<message::Publish> publish = message::decode_publish(record.id, record.body);
  if (publish.is_ok()) {
    add_publish(publish.value(), line);
  } else {
    line.add("unreadable", publish.message());
    line.add("bodyBase64", base64(record.body));
  }
  return line.print();
}

}  // namespace mongo_store::cli
