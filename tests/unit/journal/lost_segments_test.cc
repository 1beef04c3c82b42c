// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Segments that are missing, have lost their header, or can't be read for a while.
#include "tests/unit/journal/left_journal.h"

namespace mongo_store::journal {
namespace {

void one_whole_header_copy_is_enough(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  const std::string path = bench.segment_path();
  for (const std::uint64_t copy : {std::uint64_t{0}, kSegmentHeaderBytes}) {
    flip_byte(path, copy + 20);
    bench.must_open();
    assert_true(are_records(bench.look(), 1, 5, kBody));
    bench.close();
    flip_byte(path, copy + 20);
  }
}

void a_newest_segment_without_a_header_is_set_apart_and_costs_no_other(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  bench.must_open();
  bench.must_append(6, 9, kBody);
  bench.crash();
  flip_byte(bench.segment_path(1), 20);
  flip_byte(bench.segment_path(1), kSegmentHeaderBytes + 20);
  bench.must_open();
  assert_int_equal(bench.journal->recovered_pending(), 9);
  bench.must_append(10, 12, kBody);
  auto all = bench.drain();
  assert_int_equal(all.size(), 8);
  assert_int_equal(all[5].sequence, 10);  // no number twice
  all.erase(all.begin(), all.begin() + 5);
  assert_true(are_records(all, 10, 12, kBody));
  assert_int_equal(damaged_count(bench), 4);
  assert_int_equal(bench.names(".damaged").size(), 1);
  bench.reopen();
  assert_int_equal(damaged_count(bench), 4);
  assert_true(bench.drain().empty());
}

void an_older_segment_without_a_header_is_passed_over(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  bench.must_open();
  bench.must_append(6, 9, kBody);
  bench.crash();
  flip_byte(bench.segment_path(0), 20);
  flip_byte(bench.segment_path(0), kSegmentHeaderBytes + 20);
  bench.must_open();
  assert_true(are_records(bench.drain(), 6, 9, kBody));
  assert_int_equal(damaged_count(bench), 5);
}

void a_segment_missing_in_the_middle_is_counted(void** state) {
  Workbench& bench = bench_of(state);
  for (std::uint64_t run = 0; run < 3; ++run) {
    bench.must_open();
    bench.must_append(run * 10 + 1, run * 10 + 10, kBody);
    bench.close();
  }
  std::filesystem::remove(bench.segment_path(1));
  bench.must_open();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 20);
  assert_int_equal(all[10].sequence, 21);
  assert_int_equal(bench.logger.count("10 records are missing, sequence numbers 11 to 20"), 1);
  assert_int_equal(damaged_count(bench), 10);
  assert_int_equal(bench.journal->balance().pending, 0);
}

void segments_that_vanished_altogether_are_counted(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 10, true);
  std::filesystem::remove(bench.segment_path(0));
  bench.must_open();
  assert_int_equal(bench.journal->recovered_pending(), 10);
  assert_true(bench.drain().empty());
  assert_int_equal(damaged_count(bench), 10);
  assert_int_equal(
      bench.logger.count("10 records are missing, sequence numbers 1 to 10; no segment"), 1);
}

void a_newest_segment_of_a_few_bytes_is_set_apart(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 10, true);
  std::filesystem::resize_file(bench.segment_path(), 20);
  bench.must_open();
  assert_true(bench.drain().empty());
  assert_int_equal(damaged_count(bench), 10);
  assert_int_equal(bench.names(".damaged").size(), 1);
}

// At the start, reads of the segment that reach beyond `bad_begin` fail. Later reads succeed.
void check_unread_at_the_start(Workbench& bench, std::uint64_t bad_begin) {
  leave(bench, 60, false);
  bench.dial = 1;
  bench.files.set_fault([&bench, bad_begin](const test::FaultyFileSystem::Call& call) {
    const bool is_hit = call.is("read", segment_name(1)) && call.offset + call.count > bad_begin;
    return is_hit && bench.dial != 0 ? Status::io("not now") : Status();
  });
  bench.must_open();
  bench.dial = 0;
  bench.must_append(61, 90, kBody);
  assert_true(are_records(bench.drain(), 1, 90, kBody));
  assert_int_equal(bench.journal->balance().pending, 0);
  assert_true(bench.is_balanced());
  assert_true(bench.names(".damaged").empty());
  assert_int_equal(bench.logger.count("sequence numbers are reserved"), 1);
}

void records_that_could_not_be_read_at_the_start_cost_no_new_ones(void** state) {
  check_unread_at_the_start(bench_of(state), kFirstRecordOffset + 4096);
}

void a_segment_that_could_not_be_read_at_the_start_is_read_later(void** state) {
  check_unread_at_the_start(bench_of(state), 0);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(one_whole_header_copy_is_enough),
      ON_MAPPED(a_newest_segment_without_a_header_is_set_apart_and_costs_no_other),
      ON_MAPPED(a_newest_segment_of_a_few_bytes_is_set_apart),
      ON_MAPPED(records_that_could_not_be_read_at_the_start_cost_no_new_ones),
      ON_MAPPED(a_segment_that_could_not_be_read_at_the_start_is_read_later),
      ON_MAPPED(an_older_segment_without_a_header_is_passed_over),
      ON_MAPPED(a_segment_missing_in_the_middle_is_counted),
      ON_MAPPED(segments_that_vanished_altogether_are_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
