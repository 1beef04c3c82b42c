// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/encoded_batch.h"

#include <bson/bson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/delivery/test_batch.h"

namespace mongo_store::delivery {
namespace {

// A view of a document's bytes.
struct Parsed {
  explicit Parsed(ByteView document)
      : is_bson(bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()),
                                 document.size())) {}
  bson_t bson{};
  bool is_bson;
};

struct Quiet {
  test::FakeClock clock;
  test::RecordingLogger lines;
  DeadLetterLog log{clock, lines};
};
Quiet quiet;

std::string text_at(const bson_t& document, const char* path) {
  bson_iter_t at;
  bson_iter_t found;
  if (!bson_iter_init(&at, &document) || !bson_iter_find_descendant(&at, path, &found)) return "";
  return BSON_ITER_HOLDS_UTF8(&found) ? bson_iter_utf8(&found, nullptr) : "";
}

std::string binary_at(const bson_t& document, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, key) || !BSON_ITER_HOLDS_BINARY(&at)) return "none";
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::uint32_t bytes = 0;
  const std::uint8_t* binary = nullptr;
  bson_iter_binary(&at, &subtype, &bytes, &binary);
  return {reinterpret_cast<const char*>(binary), bytes};
}

bool is_same(ByteView one, ByteView other) { return as_text(one) == as_text(other); }

std::string only_dead_letters_reason(EncodedBatch& encoded) {
  if (!encoded.documents().empty() || encoded.dead_letters().size() != 1) return "not one";
  const Parsed letter(encoded.view(encoded.dead_letters().front()));
  return !letter.is_bson ? "no BSON" : text_at(letter.bson, "reason.code");
}

void each_record_becomes_its_document(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  assert_true(encoded.encode(good_batch(3)).is_ok());
  assert_int_equal(encoded.documents().size(), 3);
  assert_true(encoded.dead_letters().empty());
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const EncodedDocument& document = encoded.documents()[n - 1];
    assert_int_equal(document.record, n - 1);
    assert_true(is_same(encoded.view(document), document_of(n)));
  }
  assert_true(encoded.context() == test_context());
}

void a_bad_record_becomes_a_dead_letter_and_the_others_documents(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  const auto batch =
      batch_of({body_of(1, good_payload(1)), body_of(2, "not JSON"), body_of(3, good_payload(3))});
  assert_true(encoded.encode(batch).is_ok());
  assert_int_equal(encoded.documents().size(), 2);
  assert_true(is_same(encoded.view(encoded.documents()[1]), document_of(3)));
  assert_int_equal(encoded.dead_letters().size(), 1);
  const Parsed letter(encoded.view(encoded.dead_letters().front()));
  assert_string_equal(text_at(letter.bson, "reason.code").c_str(), "invalid_json");
  assert_string_equal(text_at(letter.bson, "topic").c_str(), "device/a");
  assert_string_equal(binary_at(letter.bson, "payload").c_str(), "not JSON");
}

void an_unreadable_record_is_a_dead_letter_with_its_raw_bytes(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  const std::string garbage("\xff\x00\xfegarbage", 10);
  const auto batch = batch_of({garbage});
  assert_true(encoded.encode(batch).is_ok());
  assert_string_equal(only_dead_letters_reason(encoded).c_str(), "record_unreadable");
  const Parsed letter(encoded.view(encoded.dead_letters().front()));
  assert_true(binary_at(letter.bson, "payload") == garbage);
  bson_iter_t at;
  assert_true(bson_iter_init_find(&at, &letter.bson, "_id"));
  const ObjectId id = id_of(1);
  assert_memory_equal(bson_iter_oid(&at)->bytes, id.bytes.data(), id.bytes.size());
  assert_true(bson_iter_init_find(&at, &letter.bson, "date"));
  assert_int_equal(bson_iter_date_time(&at), std::int64_t{id.seconds()} * 1000);
}

void an_empty_record_is_a_dead_letter(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  assert_true(encoded.encode(batch_of({""})).is_ok());
  assert_string_equal(only_dead_letters_reason(encoded).c_str(), "record_unreadable");
}

void a_record_with_an_unknown_route_is_a_dead_letter_of_the_first_route(void**) {
  const std::string payload = good_payload(1);
  message::Publish publish = test_publish(1, payload);
  publish.route = 1;
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  const auto batch = batch_of({encoded_head(publish) + payload});
  assert_true(encoded.encode(batch).is_ok());
  assert_string_equal(only_dead_letters_reason(encoded).c_str(), "record_unreadable");
  assert_int_equal(encoded.dead_letters().front().route, 0);
  const Parsed letter(encoded.view(encoded.dead_letters().front()));
  const std::string sentence = text_at(letter.bson, "reason.message");
  assert_non_null(std::string_view(sentence).find("route 1, but its segment has only 1") ==
                          std::string_view::npos
                      ? nullptr
                      : sentence.c_str());
}

void a_refused_document_can_become_a_dead_letter(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  const auto batch = good_batch(2);
  assert_true(encoded.encode(batch).is_ok());
  const EncodedDocument made =
      encoded.make_dead_letter(batch, 1, {message::RejectionCode::kDatabaseRefused, "code 121"});
  const Parsed letter(encoded.view(made));
  assert_string_equal(text_at(letter.bson, "reason.code").c_str(), "database_refused");
  assert_string_equal(text_at(letter.bson, "reason.message").c_str(), "code 121");
  assert_string_equal(binary_at(letter.bson, "payload").c_str(), good_payload(2).c_str());
  // The documents that were encoded before are intact, although the memory may have moved.
  assert_true(is_same(encoded.view(encoded.documents()[0]), document_of(1)));
}

void with_an_unreadable_context_nothing_is_encoded(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  assert_true(encoded.encode(good_batch(1)).is_ok());
  auto batch = good_batch(2);
  batch.context.resize(3);
  assert_true(encoded.encode(batch).code() == StatusCode::kCorrupt);
  assert_true(encoded.documents().empty());
  assert_true(encoded.dead_letters().empty());
}

// In the format that the program before message ids wrote to journals.
void a_context_of_version_1_makes_the_same_documents(void**) {
  auto batch = good_batch(2);
  constexpr std::size_t kRouteLengthOffset = 2 + 2 + 9 + 2;  // "gateway-1"
  constexpr std::size_t kMessageIdBytes = 1 + 2;
  constexpr std::size_t kLenientBytes = 1 + 1;
  constexpr std::size_t kLaterBytes = kMessageIdBytes + kLenientBytes;
  batch.context.resize(batch.context.size() - kLaterBytes);
  batch.context[0] = std::byte{1};
  batch.context[kRouteLengthOffset] = static_cast<std::byte>(
      std::to_integer<unsigned>(batch.context[kRouteLengthOffset]) - kLaterBytes);
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  assert_true(encoded.encode(batch).is_ok());
  message::DeliveryContext context = test_context();
  context.routes[0].accepts_empty_uuid = true;  // as in that program
  assert_true(encoded.context() == context);
  assert_int_equal(encoded.documents().size(), 2);
  assert_true(is_same(encoded.view(encoded.documents()[1]), document_of(2)));
}

void a_batch_without_records_needs_no_context(void**) {
  journal::AttemptMarks attempts;
  EncodedBatch encoded(attempts, 0, quiet.log);
  assert_true(encoded.encode(good_batch(2)).is_ok());
  journal::ReadBatch damage;
  damage.damaged = 7;
  assert_true(encoded.encode(damage).is_ok());
  assert_true(encoded.documents().empty());
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_record_becomes_its_document),
      cmocka_unit_test(a_bad_record_becomes_a_dead_letter_and_the_others_documents),
      cmocka_unit_test(an_unreadable_record_is_a_dead_letter_with_its_raw_bytes),
      cmocka_unit_test(an_empty_record_is_a_dead_letter),
      cmocka_unit_test(a_record_with_an_unknown_route_is_a_dead_letter_of_the_first_route),
      cmocka_unit_test(a_refused_document_can_become_a_dead_letter),
      cmocka_unit_test(with_an_unreadable_context_nothing_is_encoded),
      cmocka_unit_test(a_context_of_version_1_makes_the_same_documents),
      cmocka_unit_test(a_batch_without_records_needs_no_context),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
