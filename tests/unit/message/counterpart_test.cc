// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/counterpart.h"

#include <string>
#include <string_view>

#include "base/text.h"
#include "message/document_bytes.h"
#include "tests/support/cmocka.h"

namespace mongo_store::message {
namespace {

constexpr std::string_view kReading = R"({"uuid":"d1","value":{"a":1},"seq":17})";

// One sending of a message that has an id. A resend can differ in these members.
struct Sending {
  std::string_view payload = kReading;
  std::int64_t arrival_ms = 1'700'000'000'123;
  const char* gateway_id = "gateway-1";
  const char* topic = "device/d1";
  NumberType number_type = NumberType::kAuto;
  bool has_metadata = false;
};

constexpr std::byte kArrival{0xab};

ObjectId arrival_id() {
  ObjectId id;
  id.bytes.fill(kArrival);
  return id;
}

ByteBuffer document_of(const Sending& sending, const char* id_field = "seq") {
  Route route;
  route.number_type = sending.number_type;
  route.has_metadata = sending.has_metadata;
  route.payload_bytes_max = 1 << 20;
  route.message_id_source = MessageIdSource::kPayload;
  route.message_id_name = id_field;
  Publish publish;
  publish.id = arrival_id();
  publish.arrival_ms = sending.arrival_ms;
  publish.topic = sending.topic;
  publish.payload = as_bytes(sending.payload);
  publish.payload_bytes_total = static_cast<std::uint32_t>(sending.payload.size());
  ByteBuffer document;
  (void)append_document(publish, {sending.gateway_id, {route}}, document);
  return document;
}

Counterpart compare_by_message_id(const Sending& sending, const Sending& first) {
  return compare(document_of(sending), document_of(first), arrival_id());
}

bool is_resend_of(const Sending& sending, const Sending& first) {
  return compare_by_message_id(sending, first) == Counterpart::kResend;
}

bool is_other_than(const Sending& sending, const Sending& first) {
  return compare_by_message_id(sending, first) == Counterpart::kOther;
}

Counterpart compare_by_arrival(const Sending& sending, const Sending& first) {
  return compare(document_of(sending, "other"), document_of(first, "other"), arrival_id());
}

void a_resend_differs_in_date_and_gateway_only(void**) {
  assert_true(compare_by_message_id({}, {}) == Counterpart::kOwn);
  assert_true(is_resend_of({.arrival_ms = 5}, {}));
  assert_true(is_resend_of({.gateway_id = "another one"}, {}));
  assert_true(is_resend_of({.arrival_ms = 5, .gateway_id = "g", .has_metadata = true},
                           {.has_metadata = true}));
  // The text of the payload differs, but the document doesn't.
  const Sending again{.payload = R"({"seq":"17", "value":{"a":1}, "uuid":"d1"})", .arrival_ms = 5};
  assert_true(is_resend_of(again, {}));
}

void any_other_difference_makes_it_another_message(void**) {
  assert_true(is_other_than({.payload = R"({"uuid":"d1","value":{"a":2},"seq":17})"}, {}));
  assert_true(is_other_than({.payload = R"({"uuid":"d1","value":{"a":1.0},"seq":17})"}, {}));
  assert_true(is_other_than({.payload = R"({"uuid":"d1","value":{"date":1},"seq":17})"},
                            {.payload = R"({"uuid":"d1","value":{"date":2},"seq":17})"}));
  assert_true(is_other_than({.number_type = NumberType::kDouble}, {}));
  assert_true(is_other_than({.has_metadata = true}, {}));
  assert_true(is_other_than({}, {.has_metadata = true}));
  assert_true(is_other_than({.topic = "device/x", .has_metadata = true}, {.has_metadata = true}));
}

// A server may return values in a different form.
void same_arrival_id_date_device_and_gateway_is_the_same_document(void**) {
  const Sending negative{.payload = R"({"uuid":"d1","value":-0.0})"};
  assert_true(compare_by_arrival(negative, {.payload = R"({"uuid":"d1","value":0.0})"}) ==
              Counterpart::kOwn);
  assert_true(compare_by_arrival({}, {.has_metadata = true}) == Counterpart::kOwn);
  assert_true(compare_by_arrival({}, {.arrival_ms = 5}) == Counterpart::kOther);
  assert_true(compare_by_arrival({}, {.gateway_id = "another one"}) == Counterpart::kOther);
  assert_true(compare_by_arrival({}, {.payload = R"({"uuid":"d2","value":{"a":1}})"}) ==
              Counterpart::kOther);
}

void under_a_message_id_values_are_compared_by_meaning(void**) {
  const Sending negative{.payload = R"({"uuid":"d1","value":[-0.0,{"b":1,"c":"x"}],"seq":17})",
                         .arrival_ms = 5};
  assert_true(is_resend_of(negative,
                           {.payload = R"({"uuid":"d1","value":[0.0,{"c":"x","b":1}],"seq":17})"}));
  assert_true(is_other_than(
      negative, {.payload = R"({"uuid":"d1","value":[0.0,{"c":"y","b":1}],"seq":17})"}));
  assert_true(is_other_than(
      negative, {.payload = R"({"uuid":"d1","value":[{"c":"x","b":1},0.0],"seq":17})"}));
}

void many_fields_in_another_order_are_compared_quickly(void**) {
  std::string forward = R"({"uuid":"d1","seq":17,"value":{)";
  std::string backward = forward;
  constexpr int kFields = 20'000;
  for (int i = 0; i < kFields; ++i) {
    forward += text(i == 0 ? "" : ",", "\"f", i, "\":", i);
    backward += text(i == 0 ? "" : ",", "\"f", kFields - 1 - i, "\":", kFields - 1 - i);
  }
  forward += "}}";
  backward += "}}";
  assert_true(is_resend_of({.payload = backward, .arrival_ms = 5}, {.payload = forward}));
}

void bytes_that_are_not_bson_are_another_document(void**) {
  const ByteBuffer document = document_of({});
  for (const std::size_t length : {std::size_t{0}, std::size_t{4}, document.size() - 1}) {
    const ByteView part = ByteView(document).first(length);
    assert_true(compare(document, part, arrival_id()) == Counterpart::kOther);
    assert_true(compare(part, document, arrival_id()) == Counterpart::kOther);
  }
  assert_true(compare({}, {}, arrival_id()) == Counterpart::kOther);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_resend_differs_in_date_and_gateway_only),
      cmocka_unit_test(any_other_difference_makes_it_another_message),
      cmocka_unit_test(same_arrival_id_date_device_and_gateway_is_the_same_document),
      cmocka_unit_test(under_a_message_id_values_are_compared_by_meaning),
      cmocka_unit_test(many_fields_in_another_order_are_compared_quickly),
      cmocka_unit_test(bytes_that_are_not_bson_are_another_document),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
