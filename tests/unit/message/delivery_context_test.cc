// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/delivery_context.h"

#include <cstring>
#include <memory>

#include "tests/support/cmocka.h"

namespace mongo_store::message {
namespace {

DeliveryContext two_routes() {
  return {.gateway_id = "gw",
          .routes = {Route{.database = "db",
                           .collection = "c",
                           .dead_letter_collection = "dl",
                           .device_uid = DeviceUid::kMatch,
                           .number_type = NumberType::kDouble,
                           .has_metadata = true,
                           .payload_bytes_max = 0x01020304,
                           .message_id_source = MessageIdSource::kProperty,
                           .message_id_name = "id",
                           .is_lenient = true,
                           .device_uid_level = 9},
                     Route{.database = "other",
                           .collection = "x",
                           .dead_letter_collection = "y",
                           .payload_bytes_max = 7}}};
}

// The offset and length of the first route of two_routes().
constexpr std::size_t kRouteOffset = 2 + 2 + 2 + 2 + 2;
constexpr std::size_t kRouteBytes = 4 + 3 + 4 + 3 + 4 + 1 + 4 + 2;

void a_context_round_trips(void**) {
  const ByteBuffer bytes = encode_context(two_routes());
  const Result<DeliveryContext> decoded = decode_context(bytes);
  assert_true(decoded.is_ok());
  assert_true(decoded.value() == two_routes());
}

void the_bytes_match_the_format_document(void**) {
  const ByteBuffer bytes = encode_context(two_routes());
  static constexpr unsigned char kBegin[] = {3,   0,   2, 0, 'g', 'w', 2, 0,   25,  0, 2, 0,
                                             'd', 'b', 1, 0, 'c', 2,   0, 'd', 'l', 1, 1, 1,
                                             4,   3,   2, 1, 2,   2,   0, 'i', 'd', 1, 9};
  assert_memory_equal(bytes.data(), kBegin, sizeof kBegin);
}

DeliveryContext as_before_version_3() {
  DeliveryContext context = two_routes();
  context.routes.pop_back();
  context.routes[0].is_lenient = false;
  context.routes[0].device_uid_level = 2;
  context.routes[0].accepts_empty_uuid = true;
  return context;
}

// In the format of the program before message ids.
void version_1_has_no_message_ids(void**) {
  static constexpr unsigned char kVersion1[] = {1,   0, 2,   0,   'g', 'w', 1,   0, 18, 0,
                                                2,   0, 'd', 'b', 1,   0,   'c', 2, 0,  'd',
                                                'l', 1, 1,   1,   4,   3,   2,   1};
  const Result<DeliveryContext> decoded =
      decode_context({reinterpret_cast<const std::byte*>(kVersion1), sizeof kVersion1});
  assert_true(decoded.is_ok());
  DeliveryContext expected = as_before_version_3();
  expected.routes[0].message_id_source = MessageIdSource::kOff;
  expected.routes[0].message_id_name.clear();
  assert_true(decoded.value() == expected);
}

// In the format of the program before `lenient`, which made documents from an empty uuid; they may
// be stored already.
void version_2_is_read_as_strict_with_the_second_level(void**) {
  static constexpr unsigned char kVersion2[] = {2, 0,   2,   0, 'g', 'w', 1, 0, 23,  0,   2,
                                                0, 'd', 'b', 1, 0,   'c', 2, 0, 'd', 'l', 1,
                                                1, 1,   4,   3, 2,   1,   2, 2, 0,   'i', 'd'};
  const Result<DeliveryContext> decoded =
      decode_context({reinterpret_cast<const std::byte*>(kVersion2), sizeof kVersion2});
  assert_true(decoded.is_ok());
  assert_true(decoded.value() == as_before_version_3());
}

void a_truncated_context_is_corrupt(void**) {
  const ByteBuffer bytes = encode_context(two_routes());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    // A copy of exactly that length lets the address sanitizer detect a read beyond it.
    const auto part = std::make_unique<std::byte[]>(length);
    if (length > 0) std::memcpy(part.get(), bytes.data(), length);
    assert_int_equal(decode_context({part.get(), length}).code(), StatusCode::kCorrupt);
  }
}

void additions_of_a_newer_program_are_skipped(void**) {
  ByteBuffer bytes = encode_context(two_routes());
  const auto route_end = bytes.begin() + static_cast<std::ptrdiff_t>(kRouteOffset + kRouteBytes);
  bytes.insert(route_end, 3, std::byte{0xff});
  bytes[kRouteOffset - 2] = std::byte{kRouteBytes + 3};
  bytes.push_back(std::byte{0xff});
  const Result<DeliveryContext> decoded = decode_context(bytes);
  assert_true(decoded.is_ok());
  assert_true(decoded.value() == two_routes());
}

void a_route_does_not_read_into_the_next_one(void**) {
  ByteBuffer bytes = encode_context(two_routes());
  bytes[kRouteOffset - 2] = std::byte{kRouteBytes - 1};
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(kRouteOffset + kRouteBytes) - 1);
  assert_int_equal(decode_context(bytes).code(), StatusCode::kCorrupt);
}

void a_newer_version_is_refused_and_named(void**) {
  ByteBuffer bytes = encode_context(two_routes());
  bytes[0] = std::byte{4};
  const Result<DeliveryContext> decoded = decode_context(bytes);
  assert_int_equal(decoded.code(), StatusCode::kRefuse);
  assert_non_null(std::strstr(decoded.message().c_str(), "version 4"));
  bytes[0] = std::byte{0};
  assert_int_equal(decode_context(bytes).code(), StatusCode::kCorrupt);
}

void an_unknown_setting_is_corrupt(void**) {
  for (const std::size_t from_end : {2, 7, 12, 13, 14}) {
    ByteBuffer bytes = encode_context(two_routes());
    bytes[kRouteOffset + kRouteBytes - from_end] = std::byte{4};
    assert_int_equal(decode_context(bytes).code(), StatusCode::kCorrupt);
  }
}

void a_text_that_is_too_long_is_corrupt(void**) {
  DeliveryContext context = two_routes();
  context.gateway_id.assign(kContextTextBytesMax, 'g');
  context.routes[1].collection.assign(kContextTextBytesMax, 'c');
  ByteBuffer bytes = encode_context(context);
  assert_true(decode_context(bytes).is_ok());
  ByteBuffer longer = bytes;
  longer[2] = std::byte{1};  // the gateway id's length, 1,024 before
  longer.insert(longer.begin() + 4, std::byte{'g'});
  assert_int_equal(decode_context(longer).code(), StatusCode::kCorrupt);
  // The second route follows the first one and begins with its length and "other".
  const auto second = bytes.begin() + static_cast<std::ptrdiff_t>(kRouteOffset + kRouteBytes +
                                                                  kContextTextBytesMax - 2);
  second[0] = std::byte{0x19};  // 1,048 before
  second[9] = std::byte{1};     // the collection's length, 1,024 before
  bytes.insert(second + 11, std::byte{'c'});
  assert_int_equal(decode_context(bytes).code(), StatusCode::kCorrupt);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_context_round_trips),
      cmocka_unit_test(the_bytes_match_the_format_document),
      cmocka_unit_test(version_1_has_no_message_ids),
      cmocka_unit_test(version_2_is_read_as_strict_with_the_second_level),
      cmocka_unit_test(a_truncated_context_is_corrupt),
      cmocka_unit_test(additions_of_a_newer_program_are_skipped),
      cmocka_unit_test(a_route_does_not_read_into_the_next_one),
      cmocka_unit_test(a_newer_version_is_refused_and_named),
      cmocka_unit_test(an_unknown_setting_is_corrupt),
      cmocka_unit_test(a_text_that_is_too_long_is_corrupt),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
