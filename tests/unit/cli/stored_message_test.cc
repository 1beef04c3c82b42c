// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/stored_message.h"

#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

// A BSON document from Extended JSON.
class Document {
 public:
  explicit Document(const std::string& json) {
    bson_error_t error = {};
    assert_true(bson_init_from_json(&bson_, json.c_str(), -1, &error));
  }
  ~Document() { bson_destroy(&bson_); }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const bson_t& operator*() const { return bson_; }

 private:
  bson_t bson_;
};

StoredMessage of_document(const std::string& json) { return message_of_document(*Document(json)); }

StoredMessage of_payload(const std::string& payload) {
  bson_t dead_letter;
  bson_init(&dead_letter);
  BSON_APPEND_UTF8(&dead_letter, "gatewayID", "g");
  BSON_APPEND_BINARY(&dead_letter, "payload", BSON_SUBTYPE_BINARY,
                     reinterpret_cast<const std::uint8_t*>(payload.data()),
                     static_cast<std::uint32_t>(payload.size()));
  const StoredMessage stored = message_of_dead_letter(dead_letter);
  bson_destroy(&dead_letter);
  return stored;
}

void a_document_names_device_sequence_and_gateway(void**) {
  for (const char* number : {"7", "7.0", "{\"$numberLong\":\"7\"}"}) {
    const StoredMessage stored = of_document(
        std::string(R"({"deviceUID":"d","gatewayID":"g","value":{"reading":1,"sequence":)") +
        number + "}}");
    assert_string_equal(stored.device.c_str(), "d");
    assert_string_equal(stored.gateway.c_str(), "g");
    assert_true(stored.sequence == 7);
  }
}

void what_a_document_does_not_say_is_left_empty(void**) {
  for (const char* value : {"23", "{}", "{\"sequence\":\"7\"}", "{\"sequence\":-7}",
                            "{\"sequence\":7.5}", "{\"sequence\":1e300}", "null"}) {
    const StoredMessage stored =
        of_document(std::string(R"({"deviceUID":5,"value":)") + value + "}");
    assert_true(stored.device.empty() && stored.gateway.empty());
    assert_false(stored.sequence.has_value());
  }
  assert_false(of_document("{}").sequence.has_value());
}

void a_dead_letter_names_them_in_its_payload(void**) {
  const StoredMessage stored =
      of_payload(R"({"uuid": "d", "value": {"reading": 1, "sequence": 7}, "sequence": 7})");
  assert_string_equal(stored.device.c_str(), "d");
  assert_string_equal(stored.gateway.c_str(), "g");
  assert_true(stored.sequence == 7);
}

void a_payload_that_is_none_of_ours_is_left_empty(void**) {
  for (const char* payload : {"", "{", "7", "\xff\xff", "{\"uuid\":7,\"sequence\":\"7\"}", "[]"}) {
    const StoredMessage stored = of_payload(payload);
    assert_true(stored.device.empty());
    assert_false(stored.sequence.has_value());
  }
  assert_true(message_of_dead_letter(*Document(R"({"payload":"text"})")).device.empty());
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_document_names_device_sequence_and_gateway),
      cmocka_unit_test(what_a_document_does_not_say_is_left_empty),
      cmocka_unit_test(a_dead_letter_names_them_in_its_payload),
      cmocka_unit_test(a_payload_that_is_none_of_ours_is_left_empty),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
