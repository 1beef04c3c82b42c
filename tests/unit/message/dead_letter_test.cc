// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/dead_letter.h"

#include <cstring>
#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

Rejection invalid_json() { return {RejectionCode::kInvalidJson, "payload isn't valid JSON"}; }

void a_dead_letter_has_all_known_fields(void** state) {
  Workbench& bench = workbench(state);
  bench.set_payload("ab\xff");
  bench.publish.payload_bytes_total = 5'000'000;
  bench.publish.qos = 1;
  bench.publish.is_retain = true;
  bench.publish.has_username = true;
  bench.publish.username = "user";
  assert_string_equal(
      bench.dead_letter(invalid_json()),
      R"({ "_id" : { "$oid" : "abababababababababababab" }, )"
      R"("date" : { "$date" : { "$numberLong" : "1700000000123" } }, )"
      R"("reason" : { "code" : "invalid_json", "message" : "payload isn't valid JSON" }, )"
      R"("topic" : "device/d1", "clientID" : "client-1", "username" : "user", )"
      R"("qos" : { "$numberInt" : "1" }, "retain" : true, "gatewayID" : "gateway-1", )"
      R"("collection" : "devices", )"
      R"("payload" : { "$binary" : { "base64" : "YWL/", "subType" : "00" } }, )"
      R"("payloadBytes" : { "$numberLong" : "5000000" } })");
  assert_true(bench.is_valid());
}

void an_anonymous_client_has_a_null_username(void** state) {
  workbench(state).set_payload("x");
  assert_non_null(
      std::strstr(workbench(state).dead_letter(invalid_json()), R"("username" : null, )"));
}

void a_message_id_from_a_user_property_is_kept_unless_cut(void** state) {
  Workbench& bench = workbench(state);
  bench.set_payload("x");
  assert_null(std::strstr(bench.dead_letter(invalid_json()), "messageID"));
  bench.publish.message_id = "m-1";
  assert_non_null(std::strstr(bench.dead_letter(invalid_json()),
                              R"("retain" : false, "messageID" : "m-1", "gatewayID")"));
  bench.publish.message_id = "\xff";
  assert_non_null(std::strstr(bench.dead_letter(invalid_json()), R"("messageID" : { "$binary")"));
  bench.publish.is_message_id_cut = true;
  assert_non_null(std::strstr(bench.dead_letter(invalid_json()), R"("messageID" : null)"));
}

void strings_that_are_not_utf8_become_binary(void** state) {
  Workbench& bench = workbench(state);
  bench.publish.topic = "\xff";
  bench.publish.client_id = std::string_view("a\0b", 3);
  bench.publish.has_username = true;
  bench.publish.username = "\xc0\x80";
  bench.context.gateway_id = "\xed\xa0\x80";
  bench.context.routes[0].collection = "\x80";
  const std::string json = bench.dead_letter({RejectionCode::kDatabaseRefused, "cut \xe2\x82"});
  for (const char* field :
       {"topic", "clientID", "username", "gatewayID", "collection", "message"}) {
    const std::string binary = std::string("\"") + field + "\" : { \"$binary\"";
    assert_non_null(std::strstr(json.c_str(), binary.c_str()));
  }
  assert_true(bench.is_valid());
}

void an_unreadable_record_has_a_dead_letter_too(void** state) {
  Workbench& bench = workbench(state);
  const ObjectId id = bench.publish.id;
  bench.publish = Publish{};
  bench.publish.id = id;
  bench.publish.route = 9;
  bench.publish.payload = as_bytes("raw");
  const std::string json = bench.dead_letter({RejectionCode::kRecordUnreadable, "unreadable"});
  assert_non_null(std::strstr(json.c_str(), R"("code" : "record_unreadable")"));
  assert_non_null(std::strstr(json.c_str(), R"("topic" : "", "clientID" : "", "username" : null)"));
  assert_non_null(std::strstr(json.c_str(), R"("collection" : null, "payload" : { "$binary")"));
  assert_non_null(std::strstr(json.c_str(), R"("payloadBytes" : { "$numberLong" : "3" })"));
  assert_true(bench.is_valid());
}

void an_empty_payload_is_an_empty_binary(void** state) {
  Workbench& bench = workbench(state);
  bench.publish.payload = {};
  const std::string json = bench.dead_letter(invalid_json());
  assert_non_null(std::strstr(json.c_str(), R"("base64" : "", "subType" : "00")"));
  assert_non_null(std::strstr(json.c_str(), R"("payloadBytes" : { "$numberLong" : "0" })"));
}

void each_code_has_its_own_name(void**) {
  const int last = static_cast<int>(RejectionCode::kUniqueIndex);
  for (int i = 0; i <= last; ++i) {
    const std::string_view name = rejection_code_name(static_cast<RejectionCode>(i));
    assert_true(name != "unknown");
    for (int j = 0; j < i; ++j) {
      assert_true(name != rejection_code_name(static_cast<RejectionCode>(j)));
    }
  }
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      WORKBENCH_TEST(a_dead_letter_has_all_known_fields),
      WORKBENCH_TEST(an_anonymous_client_has_a_null_username),
      WORKBENCH_TEST(a_message_id_from_a_user_property_is_kept_unless_cut),
      WORKBENCH_TEST(strings_that_are_not_utf8_become_binary),
      WORKBENCH_TEST(an_unreadable_record_has_a_dead_letter_too),
      WORKBENCH_TEST(an_empty_payload_is_an_empty_binary),
      cmocka_unit_test(each_code_has_its_own_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
