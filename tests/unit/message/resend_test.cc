// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/resend.h"

#include <string>
#include <string_view>

#include "message/document_bytes.h"
#include "tests/support/cmocka.h"

namespace mongo_store::message {
namespace {

constexpr std::string_view kReading = R"({"uuid":"d1","value":{"a":1},"seq":17})";

// A message under a message id, and what of it another sending may change.
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

bool is_resend_of(const Sending& sending, const Sending& first) {
  return is_resend(document_of(sending), document_of(first), arrival_id());
}

void a_resend_differs_in_date_and_gateway_only(void**) {
  assert_true(is_resend_of({}, {}));
  assert_true(is_resend_of({.arrival_ms = 5}, {}));
  assert_true(is_resend_of({.gateway_id = "another one"}, {}));
  assert_true(is_resend_of({.arrival_ms = 5, .gateway_id = "g", .has_metadata = true},
                           {.has_metadata = true}));
  // The text is another one, the document isn't.
  assert_true(is_resend_of({.payload = R"({"seq":"17", "value":{"a":1}, "uuid":"d1"})"}, {}));
}

void whatever_else_differs_it_is_another_message(void**) {
  assert_false(is_resend_of({.payload = R"({"uuid":"d1","value":{"a":2},"seq":17})"}, {}));
  assert_false(is_resend_of({.payload = R"({"uuid":"d1","value":{"a":1.0},"seq":17})"}, {}));
  assert_false(is_resend_of({.payload = R"({"uuid":"d1","value":{"date":1},"seq":17})"},
                            {.payload = R"({"uuid":"d1","value":{"date":2},"seq":17})"}));
  assert_false(is_resend_of({.number_type = NumberType::kDouble}, {}));
  assert_false(is_resend_of({.has_metadata = true}, {}));
  assert_false(is_resend_of({}, {.has_metadata = true}));
  assert_false(is_resend_of({.topic = "device/x", .has_metadata = true}, {.has_metadata = true}));
}

void without_a_message_id_nothing_is_a_resend(void**) {
  const ByteBuffer document = document_of({}, "other");
  const ByteBuffer stored = document_of({.arrival_ms = 5}, "other");
  assert_false(is_resend(document, stored, arrival_id()));
  assert_true(is_resend(document, stored, {}));
}

void what_is_no_bson_is_no_resend(void**) {
  const ByteBuffer document = document_of({});
  for (const std::size_t length : {std::size_t{0}, std::size_t{4}, document.size() - 1}) {
    assert_false(is_resend(document, ByteView(document).first(length), arrival_id()));
    assert_false(is_resend(ByteView(document).first(length), document, arrival_id()));
  }
  assert_false(is_resend({}, {}, arrival_id()));
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_resend_differs_in_date_and_gateway_only),
      cmocka_unit_test(whatever_else_differs_it_is_another_message),
      cmocka_unit_test(without_a_message_id_nothing_is_a_resend),
      cmocka_unit_test(what_is_no_bson_is_no_resend),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
