// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/document_builder.h"

#include <cstring>
#include <string>
#include <string_view>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

constexpr const char* kGood = R"({"uuid":"d1","value":23})";
constexpr const char* kFiveFields =
    R"({ "_id" : { "$oid" : "abababababababababababab" }, )"
    R"("date" : { "$date" : { "$numberLong" : "1700000000123" } }, "deviceUID" : "d1", )"
    R"("value" : { "$numberInt" : "23" }, "gatewayID" : "gateway-1")";

void a_document_has_the_five_fields_in_order(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(kGood), RejectionCode::kNone);
  assert_string_equal(bench.document_json(), (std::string(kFiveFields) + " }").c_str());
  assert_true(bench.is_valid());
}

void the_order_of_the_payload_does_not_matter(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(R"({"x":[1,2],"value":23,"y":{},"uuid":"d1"})"), RejectionCode::kNone);
  assert_string_equal(bench.document_json(), (std::string(kFiveFields) + " }").c_str());
}

void metadata_follows_the_five_fields(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].has_metadata = true;
  bench.publish.qos = 2;
  bench.publish.is_retain = true;
  bench.publish.has_username = true;
  bench.publish.username = "user";
  assert_code(bench.build(kGood), RejectionCode::kNone);
  assert_string_equal(bench.document_json(),
                      (std::string(kFiveFields) +
                       R"(, "topic" : "device/d1", "clientID" : "client-1", "username" : "user", )"
                       R"("qos" : { "$numberInt" : "2" }, "retain" : true })")
                          .c_str());
}

void an_anonymous_client_has_a_null_username(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].has_metadata = true;
  assert_code(bench.build(kGood), RejectionCode::kNone);
  assert_non_null(std::strstr(bench.document_json(), R"("username" : null, "qos")"));
  bench.publish.has_username = true;
  assert_code(bench.build(kGood), RejectionCode::kNone);
  assert_non_null(std::strstr(bench.document_json(), R"("username" : "", "qos")"));
}

void each_record_uses_its_own_route(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes.push_back(bench.context.routes[0]);
  bench.context.routes[1].number_type = NumberType::kDouble;
  bench.publish.route = 1;
  assert_code(bench.build(kGood), RejectionCode::kNone);
  assert_non_null(std::strstr(bench.document_json(), R"("$numberDouble" : "23.0")"));
  bench.publish.route = 2;
  assert_code(bench.build(kGood), RejectionCode::kRecordUnreadable);
}

void missing_fields_and_wrong_types_are_named(void** state) {
  Workbench& bench = workbench(state);
  for (const char* payload : {"[]", "1", "\"a\"", "null", "true", R"([{"uuid":"d1","value":1}])"}) {
    assert_code(bench.build(payload), RejectionCode::kNotAnObject);
  }
  assert_code(bench.build("{}"), RejectionCode::kUuidMissing);
  assert_code(bench.build(R"({"value":1})"), RejectionCode::kUuidMissing);
  assert_code(bench.build(R"({"uuid":1,"value":1})"), RejectionCode::kUuidNotAString);
  assert_code(bench.build(R"({"uuid":null,"value":1})"), RejectionCode::kUuidNotAString);
  assert_code(bench.build(R"({"uuid":"d1"})"), RejectionCode::kValueMissing);
  assert_code(bench.build(R"({"uuid":"d1","x":{"value":1}})"), RejectionCode::kValueMissing);
  assert_code(bench.build(R"({"uuid":"d1","value":null})"), RejectionCode::kNone);
}

void under_match_the_uuid_is_the_second_level(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].device_uid = DeviceUid::kMatch;
  for (const char* topic : {"device/d1", "device/d1/x", "other/d1/x/y", "/d1"}) {
    bench.publish.topic = topic;
    assert_code(bench.build(kGood), RejectionCode::kNone);
  }
  for (const char* topic : {"device/d2", "device", "device/", "device/d1x", "device//d1", "d1"}) {
    bench.publish.topic = topic;
    assert_code(bench.build(kGood), RejectionCode::kUuidNotTopic);
  }
  bench.context.routes[0].device_uid = DeviceUid::kPayload;
  assert_code(bench.build(kGood), RejectionCode::kNone);
}

// A listener's mount_point comes before the topic that the device published on.
void under_match_the_configured_level_counts(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].device_uid = DeviceUid::kMatch;
  bench.publish.topic = "site1/device/d1/x";
  assert_code(bench.build(kGood), RejectionCode::kUuidNotTopic);
  assert_non_null(std::strstr(bench.rejection.sentence.c_str(), "isn't level 2 of topic"));
  assert_non_null(std::strstr(bench.rejection.sentence.c_str(), "mount_point"));
  bench.context.routes[0].device_uid_level = 3;
  for (const char* topic : {"site1/device/d1/x", "site1/device/d1", "a//d1"}) {
    bench.publish.topic = topic;
    assert_code(bench.build(kGood), RejectionCode::kNone);
  }
  for (const char* topic : {"device/d1", "d1/d1/x/d1", "device/d1/d2", "a/b/", "a/b", "d1"}) {
    bench.publish.topic = topic;
    assert_code(bench.build(kGood), RejectionCode::kUuidNotTopic);
  }
  bench.context.routes[0].device_uid_level = 1;
  bench.publish.topic = "d1/data";
  assert_code(bench.build(kGood), RejectionCode::kNone);
}

void an_empty_uuid_is_refused(void** state) {
  Workbench& bench = workbench(state);
  constexpr const char* kEmpty = R"({"uuid":"","value":1})";
  assert_code(bench.build(kEmpty), RejectionCode::kUuidEmpty);
  bench.context.routes[0].device_uid = DeviceUid::kMatch;
  bench.publish.topic = "device//x";
  assert_code(bench.build(kEmpty), RejectionCode::kUuidEmpty);
  bench.context.routes[0].accepts_empty_uuid = true;
  assert_code(bench.build(kEmpty), RejectionCode::kNone);
}

void a_record_with_cut_texts_is_refused(void** state) {
  Workbench& bench = workbench(state);
  bench.publish.is_topic_cut = true;
  assert_code(bench.build(kGood), RejectionCode::kTopicTooLong);
  bench.publish.is_topic_cut = false;
  bench.publish.is_client_id_cut = true;
  assert_code(bench.build(kGood), RejectionCode::kClientIdTooLong);
  bench.publish.is_client_id_cut = false;
  bench.publish.is_username_cut = true;
  assert_code(bench.build(kGood), RejectionCode::kUsernameTooLong);
}

void a_whole_payload_over_the_limit_is_too_large(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].payload_bytes_max =
      static_cast<std::uint32_t>(std::string_view(kGood).size());
  assert_code(bench.build(kGood), RejectionCode::kNone);
  bench.context.routes[0].payload_bytes_max -= 1;
  assert_code(bench.build(kGood), RejectionCode::kPayloadTooLarge);
}

void a_truncated_payload_is_too_large(void** state) {
  Workbench& bench = workbench(state);
  bench.set_payload(kGood);
  bench.publish.payload_bytes_total = 2'000'000;
  const Rejection rejection = build_document(bench.publish, bench.context, &bench.document);
  assert_code(rejection.code, RejectionCode::kPayloadTooLarge);
  assert_string_equal(rejection.sentence.c_str(),
                      "payload has 2000000 bytes: the maximum is 1048576 "
                      "(payload_max_bytes); the first 24 are kept");
}

void a_document_over_16_mib_is_refused(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].payload_bytes_max = 32 << 20;
  assert_code(bench.build_value("\"" + std::string(100, 'x') + "\""), RejectionCode::kNone);
  const std::size_t other_bytes = bench.document.len - 100;
  const std::size_t most = (std::size_t{16} << 20) - other_bytes;
  assert_code(bench.build_value("\"" + std::string(most, 'x') + "\""), RejectionCode::kNone);
  assert_int_equal(bench.document.len, 16 << 20);
  assert_code(bench.build_value("\"" + std::string(most + 1, 'x') + "\""),
              RejectionCode::kDocumentTooLarge);
}

void strings_that_are_not_utf8_are_refused(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].has_metadata = true;
  bench.publish.client_id = "a\xff";
  assert_code(bench.build(kGood), RejectionCode::kInvalidUtf8);
  bench.publish.client_id = "c";
  bench.publish.topic = "device/\xc0\x80";
  assert_code(bench.build(kGood), RejectionCode::kInvalidUtf8);
  bench.publish.topic = "t";
  bench.publish.has_username = true;
  bench.publish.username = "\xed\xa0\x80";
  assert_code(bench.build(kGood), RejectionCode::kInvalidUtf8);
  bench.publish.username = "u";
  bench.context.gateway_id = "\xe2\x82";
  assert_code(bench.build(kGood), RejectionCode::kInvalidUtf8);
}

void a_uuid_cannot_forge_a_log_line(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].device_uid = DeviceUid::kMatch;
  assert_code(bench.build(R"({"uuid":"a\n\u001b\u00e9","value":1})"), RejectionCode::kUuidNotTopic);
  for (const char c : bench.rejection.sentence) assert_true(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      WORKBENCH_TEST(a_document_has_the_five_fields_in_order),
      WORKBENCH_TEST(the_order_of_the_payload_does_not_matter),
      WORKBENCH_TEST(metadata_follows_the_five_fields),
      WORKBENCH_TEST(an_anonymous_client_has_a_null_username),
      WORKBENCH_TEST(each_record_uses_its_own_route),
      WORKBENCH_TEST(missing_fields_and_wrong_types_are_named),
      WORKBENCH_TEST(under_match_the_uuid_is_the_second_level),
      WORKBENCH_TEST(under_match_the_configured_level_counts),
      WORKBENCH_TEST(an_empty_uuid_is_refused),
      WORKBENCH_TEST(a_record_with_cut_texts_is_refused),
      WORKBENCH_TEST(a_whole_payload_over_the_limit_is_too_large),
      WORKBENCH_TEST(a_truncated_payload_is_too_large),
      WORKBENCH_TEST(a_document_over_16_mib_is_refused),
      WORKBENCH_TEST(strings_that_are_not_utf8_are_refused),
      WORKBENCH_TEST(a_uuid_cannot_forge_a_log_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
