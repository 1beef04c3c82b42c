// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/segment_scan.h"

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

constexpr std::uint64_t kEpoch = 0x0123456789abcdef;

// A short segment in memory: records from the first record's offset on, then zeros.
class Segmented {
 public:
  explicit Segmented(std::uint64_t record_bytes_max = 8192)
      : bytes(kFirstRecordOffset + record_bytes_max) {}

  void put(std::uint64_t sequence, std::string_view body) {
    std::byte* const to = bytes.data() + end;
    encode_record_header({0, sequence, static_cast<std::uint32_t>(body.size()), id_of(sequence)},
                         kEpoch, end, to);
    std::memcpy(to + kRecordHeaderBytes, body.data(), body.size());
    const ByteView record(to, kRecordHeaderBytes + body.size());
    store_le(to, record_checksum(record, kEpoch, end));
    starts.push_back(end);
    end += record_bytes(body.size());
  }

  ByteBuffer bytes;
  std::vector<std::uint64_t> starts;
  std::uint64_t end = kFirstRecordOffset;
};

Segmented ten_records() {
  Segmented segment;
  for (std::uint64_t n = 1; n <= 10; ++n) segment.put(n, body_of(n, 20 + n * 7));
  return segment;
}

std::vector<std::uint64_t> sequences_in(ByteView bytes) {
  std::vector<std::uint64_t> found;
  std::uint64_t at = kFirstRecordOffset;
  while (const auto next = next_record_at(bytes, 0, at, kEpoch, 1)) {
    const RecordHeader header = decode_record_header(bytes.data() + *next);
    found.push_back(header.sequence);
    at = *next + record_bytes(header.body_bytes);
  }
  return found;
}

void a_scan_tells_where_records_end(void**) {
  const Segmented segment = ten_records();
  const SegmentScan scan = scan_segment(segment.bytes, kEpoch);
  assert_int_equal(scan.records, 10);
  assert_int_equal(scan.last_sequence, 10);
  assert_true(scan.last_id == id_of(10));
  assert_int_equal(scan.records_end, segment.end);
  assert_int_equal(scan.residue_end, segment.end);
}

void every_byte_flipped_costs_its_record_only(void**) {
  const Segmented segment = ten_records();
  std::size_t hit = 0;
  for (std::uint64_t at = kFirstRecordOffset; at < segment.end; ++at) {
    if (hit + 1 < 10 && at >= segment.starts[hit + 1]) ++hit;
    ByteBuffer bytes = segment.bytes;
    bytes[at] ^= std::byte{0x04};
    const std::vector<std::uint64_t> found = sequences_in(bytes);
    const RecordHeader header = decode_record_header(segment.bytes.data() + segment.starts[hit]);
    const bool is_padding = at >= segment.starts[hit] + kRecordHeaderBytes + header.body_bytes;
    assert_int_equal(found.size(), is_padding ? 10 : 9);
    for (std::size_t i = 0; i < found.size(); ++i) {
      assert_int_equal(found[i], is_padding || i < hit ? i + 1 : i + 2);
    }
    const SegmentScan scan = scan_segment(bytes, kEpoch);
    assert_int_equal(scan.records, found.size());
    if (hit == 9 && !is_padding) {
      assert_false(is_half_written(bytes, scan, true));
      assert_int_equal(count_damaged(bytes, scan, scan.last_sequence + 1), 1);
    }
  }
}

void cut_at_every_length_the_records_before_it_are_found(void**) {
  const Segmented segment = ten_records();
  std::size_t whole = 0;
  for (std::uint64_t size = kFirstRecordOffset; size <= segment.end; ++size) {
    while (whole < 10) {
      const RecordHeader next = decode_record_header(segment.bytes.data() + segment.starts[whole]);
      if (segment.starts[whole] + kRecordHeaderBytes + next.body_bytes > size) break;
      ++whole;
    }
    ByteBuffer bytes(segment.bytes.begin(),
                     segment.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes.resize(segment.bytes.size());
    const SegmentScan scan = scan_segment(bytes, kEpoch);
    assert_int_equal(scan.records, whole);
    assert_int_equal(scan.last_sequence, whole);
  }
}

void a_record_whose_checksum_is_not_there_yet_is_half_written(void**) {
  Segmented segment = ten_records();
  std::memset(segment.bytes.data() + segment.starts[9], 0, 8);
  const SegmentScan scan = scan_segment(segment.bytes, kEpoch);
  assert_int_equal(scan.last_sequence, 9);
  assert_true(is_half_written(segment.bytes, scan, true));
  // If anything follows the record, it wasn't the last one.
  segment.bytes[segment.end + 40] = std::byte{1};
  assert_false(is_half_written(segment.bytes, scan_segment(segment.bytes, kEpoch), true));
}

// At each page at which a write() may have been interrupted.
void a_record_cut_at_a_page_is_half_written_where_it_was_written(void**) {
  Segmented segment(65'536);
  segment.put(1, body_of(1, 1000));
  segment.put(2, body_of(2, 30'000));
  const std::uint64_t first_page = round_up(segment.starts[1], 4096);
  for (std::uint64_t cut = first_page; cut < segment.end; cut += 4096) {
    ByteBuffer bytes = segment.bytes;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), std::byte{0});
    const SegmentScan scan = scan_segment(bytes, kEpoch);
    assert_int_equal(scan.last_sequence, 1);
    assert_true(is_half_written(bytes, scan, false));
    assert_false(is_half_written(bytes, scan, true));
  }
}

void damage_at_the_end_is_counted_by_its_headers(void**) {
  Segmented segment = ten_records();
  for (int n = 7; n < 10; ++n) segment.bytes[segment.starts[n] + 40] ^= std::byte{1};
  const SegmentScan scan = scan_segment(segment.bytes, kEpoch);
  assert_int_equal(scan.last_sequence, 7);
  assert_int_equal(count_damaged(segment.bytes, scan, 8), 3);
}

void zeros_are_told_from_the_rest_at_any_place(void**) {
  for (std::uint64_t size = 0; size < 40; ++size) {
    ByteBuffer bytes(size);
    assert_int_equal(nonzero_end(bytes), 0);
    assert_int_equal(first_nonzero(bytes, 0), size);
    for (std::uint64_t at = 0; at < size; ++at) {
      bytes[at] = std::byte{1};
      assert_int_equal(nonzero_end(bytes), at + 1);
      for (std::uint64_t from = 0; from <= at; ++from) {
        assert_int_equal(first_nonzero(bytes, from), at);
      }
      bytes[at] = std::byte{0};
    }
  }
}

// Each eight bytes look like a sequence number and a length, as nearly as anybody who doesn't know
// the epoch can forge them.
void hostile_bytes_do_not_make_a_search_slow(void**) {
  ByteBuffer bytes(kSegmentBytes);
  for (std::uint64_t at = 0; at < bytes.size(); at += 8) {
    store_le(bytes.data() + at, std::uint64_t{2 * kBatchBytes});
  }
  const auto start = std::chrono::steady_clock::now();
  assert_false(next_record_at(bytes, 0, 0, kEpoch, 1).has_value());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_message("a hostile segment took %.0f ms\n", took.count() * 1000);
  assert_true(took.count() < 5);
}

// Fails reads that touch one page.
class BadSector final : public File {
 public:
  BadSector(ByteView bytes, std::uint64_t bad) : bytes_(bytes), bad_(bad) {}
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
    if (is_all_bad || (offset <= bad_ && bad_ < offset + to.size())) return Status::io("bad");
    std::memcpy(to.data(), bytes_.data() + offset, to.size());
    return to.size();
  }
  Status write(std::uint64_t, ByteView) override { return {}; }
  Status allocate(std::uint64_t) override { return {}; }
  Result<std::unique_ptr<Mapping>> map(std::uint64_t) override { return Status::io("no"); }
  Status sync() override { return {}; }
  Result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }
  Status lock() override { return {}; }
  bool is_locked() override { return false; }

  bool is_all_bad = false;

 private:
  ByteView bytes_;
  std::uint64_t bad_;
};

void a_bad_sector_is_read_around(void**) {
  const ByteBuffer bytes(20'000, std::byte{7});
  BadSector file(bytes, 9000);
  ByteBuffer to(15'000);
  const auto passed = read_around(file, 3000, to);
  assert_int_equal(passed.value().bytes, 4096);
  assert_int_equal(passed.value().begin, 8192);
  assert_int_equal(passed.value().end, 12'288);
  for (std::uint64_t at = 0; at < to.size(); ++at) {
    const bool is_bad = 3000 + at >= 8192 && 3000 + at < 12'288;
    assert_int_equal(std::to_integer<int>(to[at]), is_bad ? 0 : 7);
  }
  file.is_all_bad = true;
  assert_int_equal(read_around(file, 3000, to).code(), StatusCode::kIo);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_scan_tells_where_records_end),
      cmocka_unit_test(every_byte_flipped_costs_its_record_only),
      cmocka_unit_test(cut_at_every_length_the_records_before_it_are_found),
      cmocka_unit_test(a_record_whose_checksum_is_not_there_yet_is_half_written),
      cmocka_unit_test(a_record_cut_at_a_page_is_half_written_where_it_was_written),
      cmocka_unit_test(damage_at_the_end_is_counted_by_its_headers),
      cmocka_unit_test(zeros_are_told_from_the_rest_at_any_place),
      cmocka_unit_test(hostile_bytes_do_not_make_a_search_slow),
      cmocka_unit_test(a_bad_sector_is_read_around),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
