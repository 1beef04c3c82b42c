// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Bytes that differ from what was written: how many records that costs, and what is reported.
#include "tests/unit/journal/left_journal.h"

namespace mongo_store::journal {
namespace {

// Room for one segment and for bytes that are set aside from it. A start is faster without ready
// segments.
constexpr std::uint64_t kNoSegmentMore = kSegmentBytes + kSegmentBytes / 2;

// The files of a journal of six records, to start from again. The zeros at the end of the segment
// are left out.
struct LeftFiles {
  explicit LeftFiles(Workbench& bench) : checkpoint_path(bench.path(kCheckpointName)) {
    leave(bench, 6, true);
    segment_path = bench.segment_path();
    segment = file_bytes(segment_path);
    segment.resize(offset_of(7));
    checkpoint = file_bytes(checkpoint_path);
  }
  void put(ByteView segment_bytes) const {
    put_file_bytes(segment_path, segment_bytes);
    put_file_bytes(checkpoint_path, checkpoint);
  }

  std::string segment_path;
  std::string checkpoint_path;
  ByteBuffer segment;
  ByteBuffer checkpoint;
};

// Whether these are the records 1 to `last` without `missing`, whose absence counts as damage.
bool are_all_but(const std::vector<Delivered>& all, std::uint64_t last, std::uint64_t missing) {
  std::uint64_t n = 1;
  for (const Delivered& one : all) {
    if (n == missing) ++n;
    if (!is_record(one, n, kBody) || one.sequence != n) return false;
    ++n;
  }
  return n == last + 1 || (missing == last && n == last);
}

void damage_in_the_middle_costs_that_record_only(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, true);
  flip_byte(bench.segment_path(), offset_of(7) + 100);
  bench.must_open();
  assert_int_equal(bench.journal->recovered_pending(), 20);
  assert_true(are_all_but(bench.drain(), 20, 7));
  assert_int_equal(damaged_count(bench), 1);
  assert_int_equal(bench.journal->balance().settled.stored, 19);
  assert_int_equal(bench.journal->balance().pending, 0);
}

void damaged_bytes_are_set_aside_and_told(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, true);
  flip_byte(bench.segment_path(), offset_of(7) + 100);
  const ByteBuffer segment = file_bytes(bench.segment_path());
  bench.must_open();
  (void)bench.drain();
  const std::string name = damaged_name(1, offset_of(7));
  assert_true(bench.names(".damaged") == std::vector<std::string>{name});
  const ByteBuffer aside = file_bytes(bench.path(name));
  assert_int_equal(aside.size(), kRecord);
  assert_memory_equal(aside.data(), segment.data() + offset_of(7), kRecord);
  assert_int_equal(bench.logger.count(text(segment_name(1), " at offset ", offset_of(7))), 1);
}

void damage_is_counted_once_however_often_the_journal_is_opened(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, true);
  flip_byte(bench.segment_path(), offset_of(20) + 100);
  for (int i = 0; i < 3; ++i) {
    bench.must_open();
    assert_int_equal(bench.journal->recovered_pending(), 20);
    assert_int_equal(bench.look().size(), 19);
    i == 0 ? bench.crash() : bench.close();
  }
  bench.must_open();
  assert_int_equal(bench.drain().size(), 19);
  assert_int_equal(damaged_count(bench), 1);
  bench.reopen();
  assert_int_equal(bench.drain().size(), 0);
  assert_int_equal(damaged_count(bench), 1);
  assert_int_equal(bench.journal->balance().pending, 0);
  assert_int_equal(bench.names(".damaged").size(), 1);
}

void damage_that_was_passed_is_not_counted_again_after_a_crash(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  flip_byte(bench.segment_path(), offset_of(5) + 100);
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 4, kBody));
  assert_true(bench.wait_until([&] {
    const auto checkpoint = CheckpointFile::open(bench.posix, bench.path(kCheckpointName));
    return checkpoint.is_ok() && checkpoint.value()->current().position.sequence == 6;
  }));
  bench.crash();
  bench.must_open();
  assert_int_equal(bench.journal->recovered_pending(), 0);
  assert_true(bench.drain().empty());
  assert_int_equal(damaged_count(bench), 1);
}

// The stride is coprime to the record's length, so every place in a record is tested.
void any_flipped_byte_costs_at_most_its_record(void** state) {
  Workbench& bench = bench_of(state);
  const LeftFiles left_files(bench);
  bench.settings.bytes_max = kNoSegmentMore;
  for (std::uint64_t at = kFirstRecordOffset; at < offset_of(7); at += 19) {
    left_files.put(left_files.segment);
    flip_byte(left_files.segment_path, at);
    bench.must_open();
    const std::uint64_t hit = (at - kFirstRecordOffset) / kRecord + 1;
    assert_true(are_all_but(bench.drain(), 6, hit));
    assert_int_equal(damaged_count(bench), 1);
    assert_true(bench.is_balanced());
    bench.close();
  }
}

void a_file_cut_at_any_length_delivers_what_is_before_the_cut(void** state) {
  Workbench& bench = bench_of(state);
  const LeftFiles left_files(bench);
  for (std::uint64_t at = kFirstRecordOffset; at < offset_of(7); at += 40) {
    left_files.put(ByteView(left_files.segment).first(at));
    bench.must_open();
    const std::uint64_t left = (at - kFirstRecordOffset) / kRecord;
    const auto all = bench.drain();
    assert_int_equal(all.size(), left);
    if (left > 0) assert_true(are_records(all, 1, left, kBody));
    bench.must_append(7, 7, kBody);  // a segment that was cut before its records is gone
    const auto next = bench.drain();
    assert_true(are_records(next, 7, 7, kBody));
    assert_int_equal(next[0].sequence, 7);
    assert_int_equal(damaged_count(bench), 6 - left);
    assert_int_equal(bench.journal->balance().pending, 0);
    bench.close();
    std::filesystem::remove(bench.path(segment_name(2)));
  }
}

void zeros_from_anywhere_on_deliver_what_is_before_them(void** state) {
  Workbench& bench = bench_of(state);
  const LeftFiles left_files(bench);
  bench.settings.bytes_max = kNoSegmentMore;
  for (std::uint64_t at = offset_of(5); at < offset_of(7); at += 8) {
    ByteBuffer bytes = left_files.segment;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::byte{0});
    left_files.put(bytes);
    bench.must_open();
    const std::uint64_t left = (at - kFirstRecordOffset) / kRecord;
    assert_true(are_records(bench.drain(), 1, left, kBody));
    assert_int_equal(damaged_count(bench), 6 - left);
    bench.close();
  }
}

void garbage_behind_the_end_is_set_aside(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  patch_file(bench.segment_path(), offset_of(6), as_bytes(std::string(500, 'g')));
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 5, kBody));
  assert_int_equal(damaged_count(bench), 1);
  assert_int_equal(file_bytes(bench.path(damaged_name(1, offset_of(6)))).size(), 500);
}

// A record from another offset or another epoch is only bytes, wherever it appears.
void a_payload_that_copies_a_record_is_never_taken_for_one(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 2, kBody);
  ByteBuffer copy = file_bytes(bench.segment_path());
  copy.erase(copy.begin(), copy.begin() + static_cast<std::ptrdiff_t>(offset_of(1)));
  copy.resize(2 * kRecord);
  const AppendOutcome outcome = bench.journal->append(id_of(3), {}, copy);
  assert_int_equal(outcome, AppendOutcome::kAppended);
  bench.must_append(4, 5, kBody);
  bench.close();
  flip_byte(bench.segment_path(), offset_of(3) + 9);  // in its header
  bench.must_open();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 4);
  assert_true(is_record(all[1], 2, kBody));
  assert_true(is_record(all[2], 4, kBody));
  assert_int_equal(damaged_count(bench), 1);
}

void stale_bytes_of_another_epoch_are_not_taken_for_records(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  const ByteBuffer old = file_bytes(bench.segment_path());
  bench.must_open();
  bench.must_append(6, 7, kBody);
  bench.close();
  // At their old offsets, after the new records.
  patch_file(bench.segment_path(1), offset_of(3), ByteView(old).subspan(offset_of(3), 3 * kRecord));
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 7, kBody));
  assert_int_equal(damaged_count(bench), 1);
}

void damaged_bytes_without_room_under_the_bound_are_told_and_passed(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 9, true);
  flip_byte(bench.segment_path(), offset_of(4) + 99);
  bench.settings.bytes_max = kSegmentBytes + kStandingBytes;
  bench.must_open();
  assert_int_equal(bench.drain().size(), 8);
  assert_int_equal(damaged_count(bench), 1);
  assert_true(bench.names(".damaged").empty());
  assert_int_equal(bench.logger.count("could not be set aside"), 1);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(damage_in_the_middle_costs_that_record_only),
      ON_MAPPED(damaged_bytes_are_set_aside_and_told),
      ON_MAPPED(damage_is_counted_once_however_often_the_journal_is_opened),
      ON_MAPPED(damage_that_was_passed_is_not_counted_again_after_a_crash),
      ON_MAPPED(any_flipped_byte_costs_at_most_its_record),
      ON_MAPPED(a_file_cut_at_any_length_delivers_what_is_before_the_cut),
      ON_MAPPED(zeros_from_anywhere_on_deliver_what_is_before_them),
      ON_MAPPED(garbage_behind_the_end_is_set_aside),
      ON_MAPPED(a_payload_that_copies_a_record_is_never_taken_for_one),
      ON_MAPPED(stale_bytes_of_another_epoch_are_not_taken_for_records),
      ON_MAPPED(damaged_bytes_without_room_under_the_bound_are_told_and_passed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
