// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/wire_message.h"

#include <bson/bson.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::uint32_t kOpQuery = 2004;
constexpr std::uint32_t kOpMsg = 2013;

ByteBuffer joined(std::initializer_list<ByteView> parts) {
  ByteBuffer bytes;
  for (const ByteView part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

ByteBuffer number(std::uint32_t value) {
  ByteBuffer bytes(sizeof value);
  store_le(bytes.data(), value);
  return bytes;
}

ByteBuffer message(std::uint32_t op_code, ByteView payload) {
  const auto length = static_cast<std::uint32_t>(kMessageHeaderBytes + payload.size());
  return joined({number(length), number(7), number(0), number(op_code), payload});
}

ByteBuffer zero_ended(std::string_view name) {
  const std::byte zero{0};
  return joined({as_bytes(name), {&zero, 1}});
}

ByteBuffer one_field(const char* name, std::int32_t value) {
  const BsonDocument document;
  BSON_APPEND_INT32(document.get(), name, value);
  const ByteView bytes = bytes_of(*document);
  return {bytes.begin(), bytes.end()};
}

ByteBuffer sequence(std::string_view name, std::initializer_list<ByteView> documents) {
  const ByteBuffer content = joined(documents);
  const auto length = static_cast<std::uint32_t>(4 + name.size() + 1 + content.size());
  return joined({as_bytes("\1"), number(length), as_bytes(name), as_bytes({"\0", 1}), content});
}

ByteBuffer body_section(ByteView body) { return joined({as_bytes({"\0", 1}), body}); }

ByteBuffer op_msg(std::uint32_t flags, std::initializer_list<ByteView> sections) {
  return message(kOpMsg, joined({number(flags), joined(sections)}));
}

ByteBuffer insert_message() {
  const ByteBuffer body = one_field("insert", 1);
  const ByteBuffer first = one_field("_id", 1);
  const ByteBuffer second = one_field("_id", 2);
  return op_msg(0, {body_section(body), sequence("documents", {first, second})});
}

bool is_refused(ByteView bytes) { return !parse_message(bytes).is_ok(); }

// In a buffer of exactly its size, so that the address sanitizer sees a read beyond the end.
ByteBuffer resized(ByteView bytes, std::size_t size) {
  ByteBuffer exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  if (size >= kMessageHeaderBytes) store_le(exact.data(), static_cast<std::uint32_t>(size));
  return exact;
}

void a_message_has_a_body_and_documents_beside_it(void**) {
  const ByteBuffer bytes = insert_message();
  const Result<WireMessage> parsed = parse_message(bytes);
  assert_true(parsed.is_ok());
  assert_int_equal(parsed.value().request_id, 7);
  assert_false(parsed.value().is_legacy_query);
  assert_false(parsed.value().wants_no_reply);
  const BsonView body(parsed.value().body);
  assert_int_equal(integer_field(body.bson(), "insert", 0), 1);
  assert_int_equal(parsed.value().sequences.size(), 1);
  const DocumentSequence& documents = parsed.value().sequences.front();
  assert_true(documents.name == "documents");
  assert_int_equal(documents.documents.size(), 2);
  const BsonView second(documents.documents[1]);
  assert_int_equal(integer_field(second.bson(), "_id", 0), 2);
}

void a_legacy_query_is_a_command(void**) {
  const ByteBuffer hello = one_field("isMaster", 1);
  const ByteBuffer bytes =
      message(kOpQuery, joined({number(4), zero_ended("admin.$cmd"), number(0), number(1), hello}));
  const Result<WireMessage> parsed = parse_message(bytes);
  assert_true(parsed.is_ok());
  assert_true(parsed.value().is_legacy_query);
  const BsonView body(parsed.value().body);
  assert_int_equal(integer_field(body.bson(), "isMaster", 0), 1);
}

void a_wrapped_legacy_query_is_unwrapped(void**) {
  const ByteBuffer hello = one_field("isMaster", 1);
  const BsonDocument wrapped;
  append_document(wrapped.get(), "$query", hello);
  const ByteBuffer bytes = message(kOpQuery, joined({number(4), zero_ended("admin.$cmd"), number(0),
                                                     number(1), bytes_of(*wrapped)}));
  const Result<WireMessage> parsed = parse_message(bytes);
  assert_true(parsed.is_ok());
  const BsonView body(parsed.value().body);
  assert_int_equal(integer_field(body.bson(), "isMaster", 0), 1);
}

void a_query_of_a_real_collection_is_refused(void**) {
  const ByteBuffer filter = one_field("a", 1);
  assert_true(is_refused(message(
      kOpQuery, joined({number(0), zero_ended("db.things"), number(0), number(1), filter}))));
}

void a_message_cut_anywhere_is_refused(void**) {
  const ByteBuffer whole = insert_message();
  const std::size_t body_end =
      whole.size() - sequence("documents", {}).size() - 2 * one_field("_id", 1).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // Without its last section it is a message, a shorter one.
    assert_int_equal(is_refused(resized(whole, size)), size != body_end);
  }
  assert_false(is_refused(whole));
}

void a_message_of_another_length_than_it_says_is_refused(void**) {
  ByteBuffer bytes = insert_message();
  bytes.push_back(std::byte{0});
  assert_true(is_refused(bytes));
}

void any_byte_turned_over_is_survived(void**) {
  const ByteBuffer whole = insert_message();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      ByteBuffer damaged = whole;
      damaged[at] ^= static_cast<std::byte>(flip);
      (void)parse_message(damaged).is_ok();
    }
  }
}

void lengths_out_of_bounds_are_refused(void**) {
  ByteBuffer header = message(kOpMsg, {});
  for (const std::uint32_t length : {0U, 15U, 48'000'001U, 0x7fffffffU, 0xffffffffU}) {
    store_le(header.data(), length);
    assert_false(message_length(header).is_ok());
  }
  store_le(header.data(), std::uint32_t{48'000'000});
  assert_int_equal(message_length(header).value(), 48'000'000);
  assert_false(message_length(ByteView(header).first(15)).is_ok());
}

void a_sequence_of_a_wrong_length_is_refused(void**) {
  const ByteBuffer body = body_section(one_field("insert", 1));
  for (const std::uint32_t length : {0U, 3U, 4U, 1000U, 0xffffffffU}) {
    const ByteBuffer section = joined({as_bytes("\1"), number(length), as_bytes({"d\0", 2})});
    assert_true(is_refused(op_msg(0, {body, section})));
  }
}

void exactly_one_body_is_asked_for(void**) {
  const ByteBuffer body = body_section(one_field("ping", 1));
  assert_true(is_refused(op_msg(0, {body, body})));
  assert_true(is_refused(op_msg(0, {sequence("documents", {})})));
  const BsonDocument empty;
  assert_true(is_refused(op_msg(0, {body_section(bytes_of(*empty))})));
}

void flags_are_understood_or_refused(void**) {
  const ByteBuffer body = body_section(one_field("ping", 1));
  assert_true(parse_message(op_msg(2, {body})).value().wants_no_reply);
  assert_false(is_refused(op_msg(1, {body, number(0)})));
  assert_true(is_refused(op_msg(1, {})));
  assert_false(is_refused(op_msg(1U << 16, {body})));
  assert_true(is_refused(op_msg(4, {body})));
}

ByteBuffer nested(int levels) {
  BsonDocument document;
  BSON_APPEND_INT32(document.get(), "a", 1);
  for (int level = 1; level < levels; ++level) {
    BsonDocument outer;
    BSON_APPEND_DOCUMENT(outer.get(), "a", document.get());
    document = std::move(outer);
  }
  const ByteView bytes = bytes_of(*document);
  return {bytes.begin(), bytes.end()};
}

void nesting_is_bounded(void**) {
  assert_false(is_refused(op_msg(0, {body_section(nested(kNestingMax))})));
  assert_true(is_refused(op_msg(0, {body_section(nested(kNestingMax + 1))})));
}

ByteBuffer nested_scopes(int levels) {
  BsonDocument document;
  BSON_APPEND_INT32(document.get(), "a", 1);
  for (int level = 1; level < levels; ++level) {
    BsonDocument outer;
    BSON_APPEND_CODE_WITH_SCOPE(outer.get(), "a", "", document.get());
    document = std::move(outer);
  }
  const ByteView bytes = bytes_of(*document);
  return {bytes.begin(), bytes.end()};
}

void nesting_of_scopes_is_bounded(void**) {
  assert_false(is_refused(op_msg(0, {body_section(nested_scopes(kNestingMax))})));
  assert_true(is_refused(op_msg(0, {body_section(nested_scopes(kNestingMax + 1))})));
}

// The first byte of `from`, where it is in a document, made one that UTF-8 doesn't have.
bool is_refused_without(char from) {
  BsonDocument document;
  append_text(document.get(), "key", "value");
  const ByteView bytes = bytes_of(*document);
  ByteBuffer copy(bytes.begin(), bytes.end());
  *std::find(copy.begin(), copy.end(), static_cast<std::byte>(from)) = std::byte{0xff};
  return is_refused(op_msg(0, {body_section(copy)}));
}

void text_is_utf8(void**) {
  assert_true(is_refused_without('k'));
  assert_true(is_refused_without('v'));
}

void a_reply_answers_in_the_language_of_its_request(void**) {
  const BsonDocument document;
  BSON_APPEND_DOUBLE(document.get(), "ok", 1.0);
  WireMessage request;
  request.request_id = 9;
  const ByteBuffer modern = encode_reply(request, *document);
  assert_int_equal(message_length(modern).value(), modern.size());
  assert_int_equal(load_le<std::uint32_t>(modern.data() + 8), 9);
  assert_int_equal(load_le<std::uint32_t>(modern.data() + 12), kOpMsg);
  assert_false(is_refused(modern));
  request.is_legacy_query = true;
  const ByteBuffer legacy = encode_reply(request, *document);
  assert_int_equal(message_length(legacy).value(), legacy.size());
  assert_int_equal(load_le<std::uint32_t>(legacy.data() + 12), 1);
  assert_int_equal(load_le<std::uint32_t>(legacy.data() + 32), 1);
  assert_memory_equal(legacy.data() + 36, bytes_of(*document).data(), document.get()->len);
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_message_has_a_body_and_documents_beside_it),
      cmocka_unit_test(a_legacy_query_is_a_command),
      cmocka_unit_test(a_wrapped_legacy_query_is_unwrapped),
      cmocka_unit_test(a_query_of_a_real_collection_is_refused),
      cmocka_unit_test(a_message_cut_anywhere_is_refused),
      cmocka_unit_test(a_message_of_another_length_than_it_says_is_refused),
      cmocka_unit_test(any_byte_turned_over_is_survived),
      cmocka_unit_test(lengths_out_of_bounds_are_refused),
      cmocka_unit_test(a_sequence_of_a_wrong_length_is_refused),
      cmocka_unit_test(exactly_one_body_is_asked_for),
      cmocka_unit_test(flags_are_understood_or_refused),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(nesting_of_scopes_is_bounded),
      cmocka_unit_test(text_is_utf8),
      cmocka_unit_test(a_reply_answers_in_the_language_of_its_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
