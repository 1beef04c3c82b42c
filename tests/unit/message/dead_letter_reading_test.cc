// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/dead_letter_reading.h"

#include <cstring>
#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

void a_dead_letter_is_read_back(void** state) {
  Workbench& bench = workbench(state);
  bench.set_payload("ab\xff");
  bench.publish.payload_bytes_total = 5'000'000;
  bench.publish.qos = 2;
  bench.publish.is_retain = true;
  bench.publish.has_username = true;
  bench.publish.username = "user";
  bench.publish.message_id = "m-1";
  (void)bench.dead_letter({RejectionCode::kInvalidJson, "payload isn't valid JSON"});
  const auto read = read_dead_letter(bench.document);
  assert_true(read.is_ok());
  const Publish& publish = read.value().publish;
  assert_true(publish.id == bench.publish.id);
  assert_int_equal(publish.arrival_ms, bench.publish.arrival_ms);
  assert_int_equal(publish.qos, 2);
  assert_true(publish.is_retain && publish.has_username && !publish.is_topic_cut);
  assert_true(publish.topic == "device/d1" && publish.client_id == "client-1");
  assert_true(publish.username == "user");
  assert_true(publish.message_id == "m-1" && !publish.is_message_id_cut);
  assert_true(as_text(publish.payload) == "ab\xff");
  assert_int_equal(publish.payload_bytes_total, 5'000'000);
  assert_true(read.value().gateway_id == "gateway-1" && read.value().collection == "devices");
  assert_true(read.value().reason_code == "invalid_json");
  assert_true(read.value().reason_sentence == "payload isn't valid JSON");
}

void binary_and_unknown_fields_are_read_back(void** state) {
  Workbench& bench = workbench(state);
  bench.set_payload("");
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

// Makes a dead letter of the bench's publish, and a document from it, under `route`.
RejectionCode rebuild(Workbench& bench, const Route& route) {
  (void)bench.dead_letter({RejectionCode::kDatabaseRefused, "refused"});
  const auto read = read_dead_letter(bench.document);
  if (!read.is_ok()) return RejectionCode::kRecordUnreadable;
  bson_t again = BSON_INITIALIZER;
  const RejectionCode code =
      build_document(read.value().publish, context_of(read.value(), route), &again).code;
  bench.printed = Workbench::printed_form(again);
  bson_destroy(&again);
  return code;
}

void assert_rebuilt_the_same(Workbench& bench, const Route& route) {
  assert_code(bench.build(R"({"uuid":"d1","value":21,"seq":17})"), RejectionCode::kNone);
  const std::string expected = bench.document_json();
  assert_code(rebuild(bench, route), RejectionCode::kNone);
  assert_string_equal(bench.printed.c_str(), expected.c_str());
}

void a_dead_letter_makes_the_same_document_as_its_publish(void** state) {
  Workbench& bench = workbench(state);
  assert_rebuilt_the_same(bench, bench.context.routes[0]);
}

void a_message_id_makes_the_same_id_as_in_delivery(void** state) {
  Workbench& bench = workbench(state);
  Route& route = bench.context.routes[0];
  const Route without_message_id = route;
  for (const bool has_username : {false, true}) {
    bench.publish.has_username = has_username;
    bench.publish.username = has_username ? "user" : "";
    route.message_id_source = MessageIdSource::kPayload;
    route.message_id_name = "seq";
    assert_rebuilt_the_same(bench, route);
    assert_null(std::strstr(bench.printed.c_str(), "abababababababababababab"));
    // The dead letter says that the message had an id in a user property; the options don't matter.
    route.message_id_source = MessageIdSource::kProperty;
    bench.publish.message_id = "m-1";
    assert_rebuilt_the_same(bench, route);
    assert_null(std::strstr(bench.printed.c_str(), "abababababababababababab"));
    assert_rebuilt_the_same(bench, without_message_id);
    bench.publish.message_id = {};
    assert_rebuilt_the_same(bench, route);
    assert_non_null(std::strstr(bench.printed.c_str(), "abababababababababababab"));
  }
}

void a_cut_message_id_is_rejected(void** state) {
  Workbench& bench = workbench(state);
  const Route without_message_id = bench.context.routes[0];
  bench.set_payload(R"({"uuid":"d1","value":21})");
  bench.publish.message_id = "what it begins with";
  bench.publish.is_message_id_cut = true;
  assert_code(rebuild(bench, without_message_id), RejectionCode::kMessageIdTooLong);
}

void gateway_and_collection_come_from_the_dead_letter(void** state) {
  Workbench& bench = workbench(state);
  (void)bench.dead_letter({RejectionCode::kDatabaseRefused, "refused"});
  const auto read = read_dead_letter(bench.document);
  assert_true(read.is_ok());
  Route route;
  route.database = "x";
  route.collection = "y";
  const DeliveryContext context = context_of(read.value(), route);
  assert_true(context.gateway_id == "gateway-1");
  assert_true(context.routes.at(0).database == "x" && context.routes.at(0).collection == "devices");
}

// The collection can contain documents from other programs.
void other_documents_are_rejected(void** state) {
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
      WORKBENCH_TEST(a_dead_letter_is_read_back),
      WORKBENCH_TEST(binary_and_unknown_fields_are_read_back),
      WORKBENCH_TEST(a_dead_letter_makes_the_same_document_as_its_publish),
      WORKBENCH_TEST(a_message_id_makes_the_same_id_as_in_delivery),
      WORKBENCH_TEST(a_cut_message_id_is_rejected),
      WORKBENCH_TEST(gateway_and_collection_come_from_the_dead_letter),
      WORKBENCH_TEST(other_documents_are_rejected),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
