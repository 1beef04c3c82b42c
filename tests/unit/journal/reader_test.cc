// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/reader.h"

#include "journal/segment_scan.h"
#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

using Call = test::FaultyFileSystem::Call;

void records_max_bounds_a_batch(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 25);
  for (const std::size_t expected : {10, 10, 5}) {
    assert_true(bench.journal->read(bench.batch, 10, kBatchBytes).value());
    assert_int_equal(bench.batch.records.size(), expected);
  }
  assert_false(bench.journal->read(bench.batch, 10, kBatchBytes).value());
}

void bytes_max_bounds_a_batch_but_for_one_larger_record(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 20, 1000);
  bench.must_append(21, 21, 50'000);
  bench.must_append(22, 22, 1000);
  std::size_t records = 0;
  while (bench.journal->read(bench.batch, 1000, 5000).value()) {
    records += bench.batch.records.size();
    const bool is_one = bench.batch.records.size() == 1;
    assert_true(is_one || bench.batch.bytes.size() <= 5000);
  }
  assert_int_equal(records, 22);
}

void a_batch_tells_where_it_begins_and_ends(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 4);
  assert_true(bench.journal->read(bench.batch, 3, kBatchBytes).value());
  assert_int_equal(bench.batch.end.segment, 1);
  assert_int_equal(bench.batch.end.sequence, 4);
  assert_int_equal(bench.batch.end.offset, kFirstRecordOffset + 3 * record_bytes(200));
  assert_true(bench.batch.last_id == id_of(3));
  const Position end = bench.batch.end;
  assert_true(bench.journal->read(bench.batch, 3, kBatchBytes).value());
  assert_true(bench.batch.begin == end);
  assert_int_equal(bench.batch.damaged, 0);
}

void what_is_not_committed_yet_is_not_read(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  assert_false(bench.journal->read(bench.batch, 10, kBatchBytes).value());
  bench.must_append(1, 1);
  assert_true(bench.journal->read(bench.batch, 10, kBatchBytes).value());
  assert_false(bench.journal->read(bench.batch, 10, kBatchBytes).value());
}

void a_read_that_fails_for_a_while_costs_nothing(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.dial = Reader::kReadTries - 1;
  bench.files.set_fault([&bench](const Call& call) {
    return call.name == "read" && bench.dial-- > 0 ? Status::io("not now") : Status();
  });
  for (int i = 0; i < Reader::kReadTries - 1; ++i) {
    assert_int_equal(bench.journal->read(bench.batch, 100, kBatchBytes).code(), StatusCode::kIo);
  }
  assert_true(are_records(bench.drain(), 1, 10));
}

void damage_that_was_passed_before_a_read_failed_is_told_by_the_next_batch(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 9);
  bench.crash();
  flip_byte(bench.segment_path(), kFirstRecordOffset + 8 * record_bytes(200) + 50);
  bench.must_open();
  bench.must_append(10, 12);
  assert_true(bench.journal->read(bench.batch, 8, kBatchBytes).value());
  bench.dial = 1;
  bench.files.set_fault([&bench](const Call& call) {
    const bool is_header = call.name == "read" && call.offset == 0;  // of the following segment
    return is_header && bench.dial-- > 0 ? Status::io("not now") : Status();
  });
  assert_int_equal(bench.journal->read(bench.batch, 100, kBatchBytes).code(), StatusCode::kIo);
  assert_true(bench.journal->read(bench.batch, 100, kBatchBytes).value());
  assert_int_equal(bench.batch.begin.sequence, 9);
  assert_int_equal(bench.batch.damaged, 1);
  assert_int_equal(bench.batch.records.size(), 3);
}

void a_device_that_is_gone_is_not_taken_for_damage(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.files.set_fault(
      [](const Call& call) { return call.name == "read" ? Status::io("gone") : Status(); });
  for (int i = 0; i < 3 * Reader::kReadTries; ++i) {
    assert_int_equal(bench.journal->read(bench.batch, 100, kBatchBytes).code(), StatusCode::kIo);
  }
  bench.files.set_fault({});
  assert_true(are_records(bench.drain(), 1, 10));
}

// Reads often enough that the reader gives up a bad sector.
std::vector<Delivered> drain_patiently(Workbench& bench, std::size_t bytes_max = kBatchBytes) {
  std::vector<Delivered> all;
  for (int i = 0; i < 3 * Reader::kReadTries; ++i) {
    while (bench.read(all, true, 1000, bytes_max)) {
    }
  }
  return all;
}

void a_bad_sector_costs_the_records_in_it(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 200, 1000);  // about four per page
  const std::uint64_t bad = kFirstRecordOffset + 20 * std::uint64_t{4096};
  bench.files.set_fault([=](const Call& call) {
    const bool is_hit = call.offset < bad + 4096 && bad < call.offset + call.count;
    return call.name == "read" && is_hit ? Status::io("bad sector") : Status();
  });
  const auto all = drain_patiently(bench);
  const std::uint64_t damaged = bench.journal->balance().settled.damaged;
  assert_in_range(damaged, 4, 6);
  assert_int_equal(all.size(), 200 - damaged);
  assert_int_equal(bench.journal->balance().pending, 0);
  for (const Delivered& one : all) assert_true(is_record(one, one.sequence, 1000));
}

bool is_hit(const Call& call, std::uint64_t begin, std::uint64_t end) {
  return call.is("read", segment_name(1)) && call.offset < end && begin < call.offset + call.count;
}

void a_bad_header_costs_its_segment_alone(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.reopen();
  bench.must_append(11, 15);
  bench.files.set_fault([](const Call& call) {
    return is_hit(call, 0, kFirstRecordOffset) ? Status::io("bad sector") : Status();
  });
  assert_true(are_records(drain_patiently(bench), 11, 15));
  assert_int_equal(bench.journal->balance().settled.damaged, 10);
  const ByteBuffer aside = file_bytes(bench.path(damaged_name(1, 0)));  // the readable part
  assert_int_equal(aside.size(), kSegmentBytes);
  assert_int_equal(first_nonzero(aside, 0), kFirstRecordOffset);
  assert_int_equal(bench.journal->balance().pending, 0);
}

// Bytes that were never written are known to be zeros without asking the device, so they prove
// nothing.
void a_device_of_which_zeros_alone_are_read_is_not_taken_for_damage(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.reopen();
  bench.files.set_fault([](const Call& call) {
    const bool was_written = is_hit(call, 0, kFirstRecordOffset + 4096);
    return was_written ? Status::io("gone") : Status();
  });
  assert_true(drain_patiently(bench).empty());
  bench.files.set_fault({});
  assert_true(are_records(bench.drain(), 1, 10));
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
}

void a_bad_sector_far_behind_the_last_record_is_passed(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.reopen();
  bench.must_append(11, 15);
  bench.files.set_fault([](const Call& call) {
    const bool is_bad = is_hit(call, kSegmentBytes / 2, kSegmentBytes / 2 + 4096);
    return is_bad ? Status::io("bad sector") : Status();
  });
  assert_true(are_records(drain_patiently(bench, 64 * 1024), 1, 15));
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
}

void bad_sectors_as_large_as_a_batch_are_passed(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 200, 1000);
  const std::uint64_t bad = kFirstRecordOffset + 20 * std::uint64_t{4096};
  bench.files.set_fault([=](const Call& call) {
    return is_hit(call, bad, bad + 4 * 4096) ? Status::io("bad sectors") : Status();
  });
  const auto all = drain_patiently(bench, 4096);
  const std::uint64_t damaged = bench.journal->balance().settled.damaged;
  assert_in_range(damaged, 16, 18);
  assert_int_equal(all.size(), 200 - damaged);
  assert_int_equal(bench.journal->balance().pending, 0);
}

// The last page starts with a record, so only the bad page is read in the last tries.
void a_bad_last_page_of_a_segment_is_passed(void** state) {
  Workbench& bench = bench_of(state);
  constexpr std::size_t kPageOfRecord = 4096 - kRecordHeaderBytes;
  const std::uint64_t fit = (kSegmentBytes - kFirstRecordOffset) / 4096;
  bench.must_open();
  bench.must_append(1, fit + 5, kPageOfRecord);
  bench.files.set_fault([](const Call& call) {
    const bool is_bad = is_hit(call, kSegmentBytes - 4096, kSegmentBytes);
    return is_bad ? Status::io("bad sector") : Status();
  });
  const auto all = drain_patiently(bench);
  assert_int_equal(all.size(), fit + 4);
  assert_int_equal(bench.journal->balance().settled.damaged, 1);
  assert_int_equal(bench.journal->balance().pending, 0);
}

void a_folder_that_is_away_for_a_while_costs_nothing(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.reopen();
  bench.must_append(11, 15);
  const std::string away = bench.settings.directory + "-away";
  std::filesystem::rename(bench.settings.directory, away);
  assert_true(drain_patiently(bench).empty());
  assert_int_equal(bench.last_error.code(), StatusCode::kAbsent);
  std::filesystem::rename(away, bench.settings.directory);
  assert_true(are_records(bench.drain(), 1, 15));
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
}

// Damage at the start, in the middle and at the end of a segment; each is reported with the batch
// that passes it.
void damage_anywhere_in_a_segment_is_told_by_sequence_numbers(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 9);
  bench.close();
  bench.must_open();
  bench.must_append(10, 12);
  bench.crash();
  for (const std::uint64_t n : {0, 4, 5, 8}) {
    flip_byte(bench.segment_path(), kFirstRecordOffset + n * record_bytes(200) + 50);
  }
  bench.must_open();
  std::vector<std::uint64_t> sequences;
  std::uint64_t damaged = 0;
  while (bench.journal->read(bench.batch, 100, kBatchBytes).value()) {
    for (const RecordView& record : bench.batch.records) sequences.push_back(record.sequence);
    damaged += bench.batch.damaged;
    const std::uint64_t passed = bench.batch.end.sequence - bench.batch.begin.sequence;
    assert_int_equal(passed, bench.batch.records.size() + bench.batch.damaged);
  }
  assert_true(sequences == (std::vector<std::uint64_t>{2, 3, 4, 7, 8, 10, 11, 12}));
  assert_int_equal(damaged, 4);
}

void an_overtaken_segment_is_passed_without_a_word(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 3);
  bench.crash();
  std::filesystem::rename(bench.path(segment_name(1)), bench.path(segment_name(9)));
  bench.must_open();  // 2, and perhaps 3, are empty; 9 has the records
  assert_true(are_records(bench.drain(), 1, 3));
  assert_int_equal(bench.logger.count("damaged"), 0);
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(records_max_bounds_a_batch),
      ON_MAPPED(bytes_max_bounds_a_batch_but_for_one_larger_record),
      ON_MAPPED(a_batch_tells_where_it_begins_and_ends),
      ON_MAPPED(what_is_not_committed_yet_is_not_read),
      ON_MAPPED(a_read_that_fails_for_a_while_costs_nothing),
      ON_MAPPED(damage_that_was_passed_before_a_read_failed_is_told_by_the_next_batch),
      ON_MAPPED(a_device_that_is_gone_is_not_taken_for_damage),
      ON_MAPPED(a_bad_header_costs_its_segment_alone),
      ON_MAPPED(a_device_of_which_zeros_alone_are_read_is_not_taken_for_damage),
      ON_MAPPED(a_bad_sector_far_behind_the_last_record_is_passed),
      ON_MAPPED(bad_sectors_as_large_as_a_batch_are_passed),
      ON_MAPPED(a_bad_last_page_of_a_segment_is_passed),
      ON_MAPPED(a_folder_that_is_away_for_a_while_costs_nothing),
      ON_MAPPED(a_bad_sector_costs_the_records_in_it),
      ON_MAPPED(damage_anywhere_in_a_segment_is_told_by_sequence_numbers),
      ON_MAPPED(an_overtaken_segment_is_passed_without_a_word),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
