// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/recovery.h"

#include <xxhash.h>

#include "tests/unit/journal/left_journal.h"

namespace mongo_store::journal {
namespace {

// The checksum is stored last.
void leave_half_written(Workbench& bench, bool is_clean) {
  leave(bench, 5, is_clean);
  const std::byte zeros[8] = {};
  patch_file(bench.segment_path(), offset_of(5), zeros);
}

void a_half_written_last_record_of_an_unclean_end_is_dropped_uncounted(void** state) {
  Workbench& bench = bench_of(state);
  leave_half_written(bench, false);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 4, kBody));
  assert_int_equal(damaged_count(bench), 0);
  assert_int_equal(bench.journal->balance().appended, 4);
  assert_true(bench.names(".damaged").empty());
  bench.must_append(6, 6, kBody);
  assert_int_equal(bench.drain()[0].sequence, 5);
}

void the_same_after_a_clean_end_is_damage(void** state) {
  Workbench& bench = bench_of(state);
  leave_half_written(bench, true);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 4, kBody));
  assert_int_equal(damaged_count(bench), 1);
  assert_int_equal(bench.names(".damaged").size(), 1);
}

void a_half_written_first_record_leaves_no_segment(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 1, false);
  const std::byte zeros[8] = {};
  patch_file(bench.segment_path(), offset_of(1), zeros);
  bench.must_open();
  assert_true(bench.drain().empty());
  assert_int_equal(bench.journal->balance().appended, 0);
  assert_int_equal(bench.names(".segment").size(), 2);
}

void a_written_record_cut_at_a_page_is_dropped_uncounted(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 3, kBody);
  bench.must_append(4, 4, 20'000);
  bench.crash();
  const std::uint64_t cut = round_up(offset_of(4), 4096) + 8192;
  ByteBuffer bytes = file_bytes(bench.segment_path());
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), std::byte{0});
  put_file_bytes(bench.segment_path(), bytes);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 3, kBody));
  assert_int_equal(damaged_count(bench), 0);
  assert_true(bench.names(".damaged").empty());
}

void a_damaged_last_record_of_an_unclean_end_is_counted(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, false);
  flip_byte(bench.segment_path(), offset_of(5) + 150);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 4, kBody));
  assert_int_equal(damaged_count(bench), 1);
}

void several_damaged_last_records_are_each_counted(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 9, false);
  for (std::uint64_t n = 7; n <= 9; ++n) flip_byte(bench.segment_path(), offset_of(n) + 150);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 6, kBody));
  assert_int_equal(damaged_count(bench), 3);
}

void a_lost_checkpoint_delivers_everything_again_and_says_so(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 20, kBody);
  std::vector<Delivered> some;
  assert_true(bench.read(some, true, 10));
  bench.close();
  for (const std::uint64_t slot : kCheckpointSlotOffsets) {
    flip_byte(bench.path(kCheckpointName), slot + 50);
  }
  bench.must_open();
  assert_int_equal(bench.logger.count("the checkpoint in"), 1);
  assert_true(are_records(bench.drain(), 1, 20, kBody));
  assert_int_equal(bench.journal->balance().appended, 20);
  bench.reopen();
  assert_true(bench.drain().empty());
}

void a_newer_segment_is_refused_by_name(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 3, true);
  ByteBuffer bytes = file_bytes(bench.segment_path());
  for (const std::uint64_t copy : {std::uint64_t{0}, kSegmentHeaderBytes}) {
    std::byte* const header = bytes.data() + copy;
    store_le(header + 8, std::uint16_t{2});
    const std::uint64_t seed = XXH3_64bits(header, kSegmentFixedBytes - 8);
    store_le(header + kSegmentFixedBytes - 8,
             std::uint64_t{XXH3_64bits_withSeed(header + kSegmentFixedBytes, 2, seed)});
  }
  put_file_bytes(bench.segment_path(), bytes);
  const Status refused = bench.open();
  assert_int_equal(refused.code(), StatusCode::kRefuse);
  assert_non_null(strstr(refused.message().c_str(), segment_name(1).c_str()));
  assert_non_null(strstr(refused.message().c_str(), "newer"));
}

void unfinished_segments_are_removed(void** state) {
  Workbench& bench = bench_of(state);
  put_file_bytes(bench.path(segment_name(5) + ".new"), as_bytes("half"));
  bench.must_open();
  assert_true(bench.names(".new").empty());
}

// The reader must reach the checkpoint's position, which no longer exists on the disk.
void a_checkpoint_beyond_what_was_recovered_loses_nothing_that_follows(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 20, kBody);
  std::vector<Delivered> some;
  assert_true(bench.read(some, true, 15));
  bench.close();
  std::filesystem::resize_file(bench.segment_path(), offset_of(10));
  bench.must_open();
  assert_true(bench.drain().empty());
  bench.must_append(21, 25, kBody);
  const auto next = bench.drain();
  assert_true(are_records(next, 21, 25, kBody));
  assert_int_equal(next[0].sequence, 21);
  assert_int_equal(damaged_count(bench), 5);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(a_half_written_last_record_of_an_unclean_end_is_dropped_uncounted),
      ON_MAPPED(the_same_after_a_clean_end_is_damage),
      ON_MAPPED(a_half_written_first_record_leaves_no_segment),
      ON_PLAIN(a_written_record_cut_at_a_page_is_dropped_uncounted),
      ON_MAPPED(a_damaged_last_record_of_an_unclean_end_is_counted),
      ON_PLAIN(a_damaged_last_record_of_an_unclean_end_is_counted),
      ON_MAPPED(several_damaged_last_records_are_each_counted),
      ON_MAPPED(a_lost_checkpoint_delivers_everything_again_and_says_so),
      ON_MAPPED(a_newer_segment_is_refused_by_name),
      ON_MAPPED(unfinished_segments_are_removed),
      ON_MAPPED(a_checkpoint_beyond_what_was_recovered_loses_nothing_that_follows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
