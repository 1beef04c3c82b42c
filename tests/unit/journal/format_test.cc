// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/format.h"

#include <xxhash.h>

#include <string>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

constexpr std::uint64_t kEpoch = 0x0123456789abcdef;

SegmentHeader example_header() {
  SegmentHeader header;
  header.number = 7;
  header.epoch = kEpoch;
  header.created_ms = 1'700'000'000'123;
  header.is_mapped = true;
  header.context = {std::byte{1}, std::byte{2}, std::byte{3}};
  return header;
}

bool is_example(const Result<SegmentHeader>& decoded) {
  if (!decoded.is_ok()) return false;
  const SegmentHeader& header = decoded.value();
  const SegmentHeader expected = example_header();
  return header.number == expected.number && header.epoch == expected.epoch &&
         header.segment_bytes == kSegmentBytes && header.created_ms == expected.created_ms &&
         header.is_mapped && header.context == expected.context;
}

// A header or slot of a newer version, whole by the rule that all versions share.
void make_newer(std::span<std::byte> header, std::uint32_t context_bytes) {
  store_le(header.data() + 8, std::uint16_t{kFormatVersion + 1});
  const std::uint64_t seed = XXH3_64bits(header.data(), kSegmentFixedBytes - 8);
  store_le(
      header.data() + kSegmentFixedBytes - 8,
      std::uint64_t{XXH3_64bits_withSeed(header.data() + kSegmentFixedBytes, context_bytes, seed)});
}

ByteBuffer example_record(std::uint64_t sequence, std::uint64_t offset, std::string_view body) {
  ByteBuffer bytes(record_bytes(body.size()));
  encode_record_header({0, sequence, static_cast<std::uint32_t>(body.size()), id_of(sequence)},
                       kEpoch, offset, bytes.data());
  std::memcpy(bytes.data() + kRecordHeaderBytes, body.data(), body.size());
  const ByteView record = ByteView(bytes).first(kRecordHeaderBytes + body.size());
  store_le(bytes.data(), record_checksum(record, kEpoch, offset));
  return bytes;
}

void a_segment_header_comes_back(void**) {
  const ByteBuffer bytes = encode_segment_header(example_header());
  assert_int_equal(bytes.size(), kFirstRecordOffset);
  assert_true(is_example(decode_segment_header(bytes)));
}

void the_largest_context_fits_into_a_header(void**) {
  SegmentHeader header = example_header();
  header.context.assign(kContextBytesMax, std::byte{9});
  const auto decoded = decode_segment_header(encode_segment_header(header));
  assert_true(decoded.is_ok());
  assert_true(decoded.value().context == header.context);
}

void any_byte_of_one_header_copy_may_be_damaged(void**) {
  const ByteBuffer whole = encode_segment_header(example_header());
  const std::uint64_t used = kSegmentFixedBytes + example_header().context.size();
  for (std::uint64_t at = 0; at < used; ++at) {
    for (const std::uint64_t copy : {std::uint64_t{0}, kSegmentHeaderBytes}) {
      ByteBuffer bytes = whole;
      bytes[copy + at] ^= std::byte{0x40};
      assert_true(is_example(decode_segment_header(bytes)));
    }
  }
}

void a_header_with_both_copies_damaged_is_corrupt_and_never_a_newer_version(void**) {
  const ByteBuffer whole = encode_segment_header(example_header());
  const std::uint64_t used = kSegmentFixedBytes + example_header().context.size();
  for (std::uint64_t at = 0; at < used; ++at) {
    ByteBuffer bytes = whole;
    bytes[at] ^= std::byte{0x40};
    bytes[kSegmentHeaderBytes + at] ^= std::byte{0x40};
    assert_int_equal(decode_segment_header(bytes).code(), StatusCode::kCorrupt);
  }
}

void a_header_cut_short_is_corrupt(void**) {
  const ByteBuffer whole = encode_segment_header(example_header());
  const std::uint64_t used = kSegmentFixedBytes + example_header().context.size();
  for (std::uint64_t size = 0; size < used; ++size) {
    const auto decoded = decode_segment_header(ByteView(whole).first(size));
    assert_int_equal(decoded.code(), StatusCode::kCorrupt);
  }
  assert_true(is_example(decode_segment_header(ByteView(whole).first(used))));
}

void a_newer_segment_is_refused_with_its_version(void**) {
  ByteBuffer bytes = encode_segment_header(example_header());
  make_newer(std::span(bytes).first(kSegmentHeaderBytes), 3);
  make_newer(std::span(bytes).subspan(kSegmentHeaderBytes), 3);
  const auto decoded = decode_segment_header(bytes);
  assert_int_equal(decoded.code(), StatusCode::kRefuse);
  assert_non_null(strstr(decoded.message().c_str(), "version 2"));
}

void a_record_is_found_with_its_fields(void**) {
  const ByteBuffer bytes = example_record(42, kFirstRecordOffset, "hello");
  const auto found = find_record(bytes, kEpoch, kFirstRecordOffset);
  assert_true(found.has_value());
  assert_int_equal(found->sequence, 42);
  assert_int_equal(found->body_bytes, 5);
  assert_true(found->id == id_of(42));
}

void a_record_with_any_bit_flipped_is_none(void**) {
  const ByteBuffer whole = example_record(42, kFirstRecordOffset, "hello");
  for (std::uint64_t at = 0; at < kRecordHeaderBytes + 5; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      ByteBuffer bytes = whole;
      bytes[at] ^= std::byte(1U << bit);
      assert_false(find_record(bytes, kEpoch, kFirstRecordOffset).has_value());
    }
  }
}

void a_record_elsewhere_or_of_another_epoch_is_none(void**) {
  const ByteBuffer bytes = example_record(42, kFirstRecordOffset, "hello");
  assert_false(find_record(bytes, kEpoch, kFirstRecordOffset + 8).has_value());
  assert_false(find_record(bytes, kEpoch + 1, kFirstRecordOffset).has_value());
}

void a_record_whose_end_is_cut_off_is_none(void**) {
  const ByteBuffer whole = example_record(42, kFirstRecordOffset, "hello");
  for (std::uint64_t size = 0; size < kRecordHeaderBytes + 5; ++size) {
    const ByteView cut = ByteView(whole).first(size);
    assert_false(find_record(cut, kEpoch, kFirstRecordOffset).has_value());
  }
}

void a_hostile_length_is_none(void**) {
  for (const std::uint32_t length : {0xffffffffU, 0xfffffff0U, 0x7fffffffU, 6U}) {
    ByteBuffer bytes = example_record(42, kFirstRecordOffset, "hello");
    encode_record_header({0, 42, length, id_of(42)}, kEpoch, kFirstRecordOffset, bytes.data());
    assert_false(find_record(bytes, kEpoch, kFirstRecordOffset).has_value());
  }
}

Checkpoint example_checkpoint() {
  Checkpoint checkpoint;
  checkpoint.generation = 9;
  checkpoint.base_sequence = 2;
  checkpoint.position = {3, 70000, 12};
  checkpoint.next_sequence = 40;
  checkpoint.settled = {1, 2, 3, 4};
  checkpoint.last_id = id_of(11);
  checkpoint.is_clean = true;
  return checkpoint;
}

void a_checkpoint_comes_back(void**) {
  const auto decoded = decode_checkpoint(encode_checkpoint(example_checkpoint()));
  assert_true(decoded.is_ok());
  assert_true(encode_checkpoint(decoded.value()) == encode_checkpoint(example_checkpoint()));
  assert_int_equal(decoded.value().next_sequence, 40);
  assert_int_equal(decoded.value().settled.damaged, 4);
  assert_true(decoded.value().last_id == id_of(11));
  assert_true(decoded.value().is_clean);
}

void a_checkpoint_with_any_byte_damaged_or_cut_is_corrupt(void**) {
  const ByteBuffer whole = encode_checkpoint(example_checkpoint());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    ByteBuffer bytes = whole;
    bytes[at] ^= std::byte{0x02};
    assert_int_equal(decode_checkpoint(bytes).code(), StatusCode::kCorrupt);
    assert_int_equal(decode_checkpoint(ByteView(whole).first(at)).code(), StatusCode::kCorrupt);
  }
}

void a_newer_checkpoint_is_refused(void**) {
  ByteBuffer bytes = encode_checkpoint(example_checkpoint());
  store_le(bytes.data() + 8, std::uint16_t{kFormatVersion + 1});
  store_le(bytes.data() + kCheckpointSlotBytes - 8,
           std::uint64_t{XXH3_64bits(bytes.data(), kCheckpointSlotBytes - 8)});
  assert_int_equal(decode_checkpoint(bytes).code(), StatusCode::kRefuse);
}

void names_tell_what_a_file_is(void**) {
  assert_string_equal(segment_name(0x1f).c_str(), "000000000000001f.segment");
  assert_string_equal(damaged_name(0x1f, 65536).c_str(), "000000000000001f-00010000.damaged");
  assert_int_equal(segment_number(segment_name(0x1f)).value(), 0x1f);
  assert_true(is_damaged_name(damaged_name(1, 2)));
  for (const char* other : {"checkpoint", "lock", "000000000000001f.segment.new",
                            "00000000000000zz.segment", "1f.segment"}) {
    assert_false(segment_number(other).has_value());
  }
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_segment_header_comes_back),
      cmocka_unit_test(the_largest_context_fits_into_a_header),
      cmocka_unit_test(any_byte_of_one_header_copy_may_be_damaged),
      cmocka_unit_test(a_header_with_both_copies_damaged_is_corrupt_and_never_a_newer_version),
      cmocka_unit_test(a_header_cut_short_is_corrupt),
      cmocka_unit_test(a_newer_segment_is_refused_with_its_version),
      cmocka_unit_test(a_record_is_found_with_its_fields),
      cmocka_unit_test(a_record_with_any_bit_flipped_is_none),
      cmocka_unit_test(a_record_elsewhere_or_of_another_epoch_is_none),
      cmocka_unit_test(a_record_whose_end_is_cut_off_is_none),
      cmocka_unit_test(a_hostile_length_is_none),
      cmocka_unit_test(a_checkpoint_comes_back),
      cmocka_unit_test(a_checkpoint_with_any_byte_damaged_or_cut_is_corrupt),
      cmocka_unit_test(a_newer_checkpoint_is_refused),
      cmocka_unit_test(names_tell_what_a_file_is),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
