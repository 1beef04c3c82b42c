// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/dead_letter_reading.h"

#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

void what_a_dead_letter_is_made_of_is_read_back(void** state) {
  Workbench& bench = workbench(state);
  bench.take("ab\xff");
  bench.publish.payload_bytes_total = 5'000'000;
  bench.publish.qos = 2;
  bench.publish.is_retain = true;
  bench.publish.has_username = true;
  bench.publish.username = "user";
  (void)bench.dead_letter({RejectionCode::kInvalidJson, "payload isn't JSON"});
  const auto read = read_dead_letter(bench.document);
  assert_true(read.is_ok());
  const Publish& publish = read.value().publish;
  assert_true(publish.id == bench.publish.id);
  assert_int_equal(publish.arrival_ms, bench.publish.arrival_ms);
  assert_int_equal(publish.qos, 2);
  assert_true(publish.is_retain && publish.has_username && !publish.is_topic_cut);
  assert_true(publish.topic == "device/d1" && publish.client_id == "client-1");
  assert_true(publish.username == "user");
  assert_true(as_text(publish.payload) == "ab\xff");
  assert_int_equal(publish.payload_bytes_total, 5'000'000);
  assert_true(read.value().gateway_id == "gateway-1" && read.value().collection == "devices");
  assert_true(read.value().reason_code == "invalid_json");
  assert_true(read.value().reason_sentence == "payload isn't JSON");
}

void what_was_stored_as_binary_and_what_was_not_known_is_read_back(void** state) {
  Workbench& bench = workbench(state);
  bench.take("");
  bench.publish.topic = "\xff";
  bench.publish.route = 7;
  (void)bench.dead_letter({RejectionCode::kTopicTooLong, "cut"});
  const auto read = read_dead_letter(bench.document);
  assert_true(read.is_ok());
  assert_true(read.value().publish.topic == "\xff");
  assert_true(read.value().publish.is_topic_cut);
  assert_false(read.value().publish.has_username);
  assert_true(read.value().publish.payload.empty());
  assert_true(read.value().collection.empty());
}

void a_document_made_of_a_dead_letter_is_the_one_of_the_publish(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(R"({"uuid":"d1","value":21})"), RejectionCode::kNone);
  const std::string expected = bench.document_json();
  (void)bench.dead_letter({RejectionCode::kDatabaseRefused, "refused"});
  const auto read = read_dead_letter(bench.document);
  assert_true(read.is_ok());
  bson_t again = BSON_INITIALIZER;
  const Rejection rejection = build_document(read.value().publish, bench.context, &again);
  const std::string json = Workbench::printed_form(again);
  bson_destroy(&again);
  assert_true(rejection.is_none());
  assert_string_equal(json.c_str(), expected.c_str());
}

// Whatever else stands in the collection.
void what_is_no_dead_letter_is_rejected(void** state) {
  bson_t& document = workbench(state).document;
  assert_int_equal(read_dead_letter(document).code(), StatusCode::kReject);
  BSON_APPEND_UTF8(&document, "_id", "mine");
  BSON_APPEND_UTF8(&document, "date", "today");
  BSON_APPEND_UTF8(&document, "reason", "none");
  BSON_APPEND_INT32(&document, "topic", 7);
  assert_int_equal(read_dead_letter(document).code(), StatusCode::kReject);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      WORKBENCH_TEST(what_a_dead_letter_is_made_of_is_read_back),
      WORKBENCH_TEST(what_was_stored_as_binary_and_what_was_not_known_is_read_back),
      WORKBENCH_TEST(a_document_made_of_a_dead_letter_is_the_one_of_the_publish),
      WORKBENCH_TEST(what_is_no_dead_letter_is_rejected),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
