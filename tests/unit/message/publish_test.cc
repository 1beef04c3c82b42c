// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/publish.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::message {
namespace {

using Head = std::array<std::byte, kPublishHeadBytesMax>;

ByteBuffer encoded(const Publish& publish) {
  Head head;
  const std::size_t used = encode_head(publish, head);
  ByteBuffer body(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(used));
  body.insert(body.end(), publish.payload.begin(), publish.payload.end());
  return body;
}

Publish full_publish() {
  Publish publish;
  publish.id.bytes.fill(std::byte{7});
  publish.arrival_ms = 1'700'000'000'123;
  publish.route = 513;
  publish.qos = 2;
  publish.is_retain = true;
  publish.has_username = true;
  publish.topic = "device/d1";
  publish.client_id = "client";
  publish.username = "user";
  publish.message_id = "id";
  publish.payload = as_bytes("payload");
  publish.payload_bytes_total = 7;
  return publish;
}

bool is_text(std::string_view is, std::string_view expected) { return is == expected; }

void a_publish_round_trips(void**) {
  const ByteBuffer body = encoded(full_publish());
  const Result<Publish> decoded = decode_publish(full_publish().id, body);
  assert_true(decoded.is_ok());
  const Publish& publish = decoded.value();
  assert_true(publish.id == full_publish().id);
  assert_int_equal(publish.arrival_ms, 1'700'000'000'123);
  assert_int_equal(publish.route, 513);
  assert_int_equal(publish.qos, 2);
  assert_true(publish.is_retain && publish.has_username);
  assert_false(publish.is_topic_cut || publish.is_client_id_cut || publish.is_username_cut);
  assert_true(is_text(publish.topic, "device/d1") && is_text(publish.client_id, "client"));
  assert_true(is_text(publish.username, "user") && is_text(publish.message_id, "id"));
  assert_true(is_text(as_text(publish.payload), "payload"));
  assert_int_equal(publish.payload_bytes_total, 7);
}

void the_bytes_match_the_format_document(void**) {
  const ByteBuffer body = encoded(full_publish());
  static constexpr unsigned char kHead[] = {
      1,    0x45, 1,    2,    7,    0,   0,   0,                         // version to total
      0x7b, 0x68, 0xe5, 0xcf, 0x8b, 1,   0,   0,                         // arrival
      9,    0,    'd',  'e',  'v',  'i', 'c', 'e', '/', 'd', '1',        // topic
      6,    0,    'c',  'l',  'i',  'e', 'n', 't',                       // client id
      4,    0,    'u',  's',  'e',  'r', 2,   0,   'i', 'd', 'p', 'a'};  // the rest
  assert_memory_equal(body.data(), kHead, sizeof kHead);
}

void a_time_before_1970_round_trips(void**) {
  Publish publish = full_publish();
  publish.arrival_ms = -5;
  const ByteBuffer body = encoded(publish);
  assert_int_equal(decode_publish(publish.id, body).value().arrival_ms, -5);
}

void no_user_name_differs_from_an_empty_one(void**) {
  Publish publish = full_publish();
  publish.has_username = false;
  publish.username = {};
  const ByteBuffer body = encoded(publish);
  assert_false(decode_publish(publish.id, body).value().has_username);
}

void texts_that_are_too_long_are_cut_and_flagged(void**) {
  const std::string long_text(70'000, 'x');
  Publish publish = full_publish();
  publish.topic = publish.client_id = publish.username = publish.message_id = long_text;
  const ByteBuffer body = encoded(publish);
  const Publish decoded = decode_publish(publish.id, body).value();
  assert_int_equal(decoded.topic.size(), kTopicBytesMax);
  assert_int_equal(decoded.client_id.size(), kClientIdBytesMax);
  assert_int_equal(decoded.username.size(), kUsernameBytesMax);
  assert_int_equal(decoded.message_id.size(), kMessageIdBytesMax);
  assert_true(decoded.is_topic_cut && decoded.is_client_id_cut && decoded.is_username_cut &&
              decoded.is_message_id_cut);
  assert_true(body.size() - publish.payload.size() <= kPublishHeadBytesMax);
}

void each_cut_has_its_own_flag(void**) {
  const std::string long_text(2000, 'x');
  Publish publish = full_publish();
  publish.client_id = long_text;
  const ByteBuffer body = encoded(publish);
  const Publish decoded = decode_publish(publish.id, body).value();
  assert_true(decoded.is_client_id_cut);
  assert_false(decoded.is_topic_cut || decoded.is_username_cut || decoded.is_message_id_cut);
}

void texts_at_the_maximum_are_kept_whole(void**) {
  const std::string topic(kTopicBytesMax, 't');
  Publish publish = full_publish();
  publish.topic = topic;
  const std::string message_id(kMessageIdBytesMax, 'i');
  publish.message_id = message_id;
  const ByteBuffer body = encoded(publish);
  const Publish decoded = decode_publish(publish.id, body).value();
  assert_int_equal(decoded.topic.size(), kTopicBytesMax);
  assert_int_equal(decoded.message_id.size(), kMessageIdBytesMax);
  assert_false(decoded.is_topic_cut || decoded.is_message_id_cut);
}

std::size_t topic_bytes_kept(const std::string& topic) {
  Publish publish = full_publish();
  publish.topic = topic;
  const ByteBuffer body = encoded(publish);
  return decode_publish(publish.id, body).value().topic.size();
}

void a_cut_does_not_split_a_character(void**) {
  const std::string before(kTopicBytesMax - 2, 'x');
  assert_int_equal(topic_bytes_kept(before + "\xe2\x82\xac"), kTopicBytesMax - 2);
  assert_int_equal(topic_bytes_kept(before + "x\xc3\xa9"), kTopicBytesMax - 1);
  assert_int_equal(topic_bytes_kept(before + "\xc3\xa9y"), kTopicBytesMax);
  assert_int_equal(topic_bytes_kept(before.substr(1) + "\xf0\x9f\x98\x80"), kTopicBytesMax - 3);
  assert_int_equal(topic_bytes_kept("xy" + std::string(2000, '\x80')), kTopicBytesMax);
}

void a_body_that_ends_within_its_head_is_corrupt(void**) {
  const ByteBuffer body = encoded(full_publish());
  const std::size_t head_bytes = body.size() - full_publish().payload.size();
  for (std::size_t length = 0; length < body.size(); ++length) {
    // A copy of exactly that length lets the address sanitizer detect a read beyond it.
    const auto part = std::make_unique<std::byte[]>(length);
    if (length > 0) std::memcpy(part.get(), body.data(), length);
    const Result<Publish> decoded = decode_publish({}, {part.get(), length});
    assert_int_equal(decoded.is_ok(), length >= head_bytes);
    if (!decoded.is_ok()) assert_int_equal(decoded.code(), StatusCode::kCorrupt);
  }
}

void an_invalid_record_is_corrupt(void**) {
  const auto with = [](std::size_t offset, std::byte value) {
    ByteBuffer body = encoded(full_publish());
    body[offset] = value;
    return decode_publish({}, body).code();
  };
  assert_int_equal(with(0, std::byte{1}), StatusCode::kOk);
  assert_int_equal(with(0, std::byte{0}), StatusCode::kCorrupt);
  assert_int_equal(with(0, std::byte{2}), StatusCode::kCorrupt);
  assert_int_equal(with(1, std::byte{0x06}), StatusCode::kCorrupt);  // QoS 3
  assert_int_equal(with(4, std::byte{6}), StatusCode::kCorrupt);     // less than the payload
}

void a_text_that_is_too_long_is_corrupt(void**) {
  const std::string payload(2000, '\0');  // can be read as empty texts
  Publish publish = full_publish();
  publish.payload = as_bytes(payload);
  publish.payload_bytes_total = 2000;
  ByteBuffer body = encoded(publish);
  assert_true(decode_publish({}, body).is_ok());
  body[17] = std::byte{4};  // the topic's length: 4 * 256 + 9
  assert_int_equal(decode_publish({}, body).code(), StatusCode::kCorrupt);
}

void a_newer_version_is_named(void**) {
  ByteBuffer body = encoded(full_publish());
  body[0] = std::byte{9};
  assert_non_null(std::strstr(decode_publish({}, body).message().c_str(), "version 9"));
}

void a_truncated_payload_keeps_its_length(void**) {
  Publish publish = full_publish();
  publish.payload_bytes_total = 5'000'000;
  const ByteBuffer body = encoded(publish);
  const Publish decoded = decode_publish({}, body).value();
  assert_int_equal(decoded.payload.size(), 7);
  assert_int_equal(decoded.payload_bytes_total, 5'000'000);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_publish_round_trips),
      cmocka_unit_test(the_bytes_match_the_format_document),
      cmocka_unit_test(a_time_before_1970_round_trips),
      cmocka_unit_test(no_user_name_differs_from_an_empty_one),
      cmocka_unit_test(texts_that_are_too_long_are_cut_and_flagged),
      cmocka_unit_test(each_cut_has_its_own_flag),
      cmocka_unit_test(texts_at_the_maximum_are_kept_whole),
      cmocka_unit_test(a_cut_does_not_split_a_character),
      cmocka_unit_test(a_body_that_ends_within_its_head_is_corrupt),
      cmocka_unit_test(an_invalid_record_is_corrupt),
      cmocka_unit_test(a_text_that_is_too_long_is_corrupt),
      cmocka_unit_test(a_newer_version_is_named),
      cmocka_unit_test(a_truncated_payload_keeps_its_length),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
