// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/recovery.h"

#include <xxhash.h>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

constexpr std::size_t kBody = 200;
constexpr std::uint64_t kRecord = 232;  // header and body, a multiple of the alignment

// Room for a segment and what is set aside of it: without ready ones a start is quicker.
constexpr std::uint64_t kNoSegmentMore = kSegmentBytes + kSegmentBytes / 2;

std::uint64_t offset_of(std::uint64_t n) { return kFirstRecordOffset + (n - 1) * kRecord; }

// Records 1 to n in a segment, and an orderly or unorderly end.
void leave(Workbench& bench, std::uint64_t n, bool is_clean) {
  bench.must_open();
  bench.must_append(1, n, kBody);
  if (is_clean) {
    bench.close();
  } else {
    bench.crash();
  }
}

// The segment's file without the zeros behind its n records.
ByteBuffer used_bytes(const Workbench& bench, std::uint64_t n) {
  ByteBuffer bytes = file_bytes(bench.segment_path());
  bytes.resize(offset_of(n + 1));
  return bytes;
}

// All of 1 to last but the one; the number of records that aren't there is counted as damaged.
bool are_all_but(const std::vector<Delivered>& all, std::uint64_t last, std::uint64_t missing) {
  std::uint64_t n = 1;
  for (const Delivered& one : all) {
    if (n == missing) ++n;
    if (!is_record(one, n, kBody) || one.sequence != n) return false;
    ++n;
  }
  return n == last + 1 || (missing == last && n == last);
}

std::uint64_t damaged_count(const Workbench& bench) {
  return bench.journal->balance().settled.damaged;
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

// Sampled by a stride that is prime to the record's length; each place in a record is met.
void any_flipped_byte_costs_at_most_its_record(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 6, true);
  const ByteBuffer whole = used_bytes(bench, 6);
  const ByteBuffer checkpoint = file_bytes(bench.path(kCheckpointName));
  const std::string path = bench.segment_path();
  bench.settings.bytes_max = kNoSegmentMore;
  for (std::uint64_t at = kFirstRecordOffset; at < offset_of(7); at += 19) {
    put_file_bytes(path, whole);
    put_file_bytes(bench.path(kCheckpointName), checkpoint);
    flip_byte(path, at);
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
  leave(bench, 6, true);
  const ByteBuffer whole = used_bytes(bench, 6);
  const ByteBuffer checkpoint = file_bytes(bench.path(kCheckpointName));
  const std::string path = bench.segment_path();
  for (std::uint64_t at = kFirstRecordOffset; at < offset_of(7); at += 40) {
    put_file_bytes(path, ByteView(whole).first(at));
    put_file_bytes(bench.path(kCheckpointName), checkpoint);
    bench.must_open();
    const std::uint64_t left = (at - kFirstRecordOffset) / kRecord;
    const auto all = bench.drain();
    assert_int_equal(all.size(), left);
    if (left > 0) assert_true(are_records(all, 1, left, kBody));
    bench.must_append(7, 7, kBody);  // the segment is gone where it was cut before its records
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
  leave(bench, 6, true);
  const ByteBuffer whole = used_bytes(bench, 6);
  const ByteBuffer checkpoint = file_bytes(bench.path(kCheckpointName));
  const std::string path = bench.segment_path();
  bench.settings.bytes_max = kNoSegmentMore;
  for (std::uint64_t at = offset_of(5); at < offset_of(7); at += 8) {
    ByteBuffer bytes = whole;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::byte{0});
    put_file_bytes(path, bytes);
    put_file_bytes(bench.path(kCheckpointName), checkpoint);
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

// The first read of it fails, from a page of its tail on or altogether; later ones don't.
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
  assert_int_equal(bench.logger.count("sequence numbers are left out"), 1);
}

void records_that_could_not_be_read_at_the_start_cost_no_new_ones(void** state) {
  check_unread_at_the_start(bench_of(state), kFirstRecordOffset + 4096);
}

void a_segment_that_could_not_be_read_at_the_start_is_read_later(void** state) {
  check_unread_at_the_start(bench_of(state), 0);
}

// A record of another place, and of another epoch, is only bytes, wherever it stands.
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
  flip_byte(bench.segment_path(), offset_of(3) + 9);  // its header: the search goes through it
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
  // At the same offsets as they had, behind the new records.
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

// The reader must come to the checkpoint's place, which the disk no longer has.
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
      ON_MAPPED(damage_in_the_middle_costs_that_record_only),
      ON_MAPPED(damaged_bytes_are_set_aside_and_told),
      ON_MAPPED(damage_is_counted_once_however_often_the_journal_is_opened),
      ON_MAPPED(damage_that_was_passed_is_not_counted_again_after_a_crash),
      ON_MAPPED(any_flipped_byte_costs_at_most_its_record),
      ON_MAPPED(a_file_cut_at_any_length_delivers_what_is_before_the_cut),
      ON_MAPPED(zeros_from_anywhere_on_deliver_what_is_before_them),
      ON_MAPPED(garbage_behind_the_end_is_set_aside),
      ON_MAPPED(a_half_written_last_record_of_an_unclean_end_is_dropped_uncounted),
      ON_MAPPED(the_same_after_a_clean_end_is_damage),
      ON_MAPPED(a_half_written_first_record_leaves_no_segment),
      ON_PLAIN(a_written_record_cut_at_a_page_is_dropped_uncounted),
      ON_MAPPED(a_damaged_last_record_of_an_unclean_end_is_counted),
      ON_PLAIN(a_damaged_last_record_of_an_unclean_end_is_counted),
      ON_MAPPED(several_damaged_last_records_are_each_counted),
      ON_MAPPED(one_whole_header_copy_is_enough),
      ON_MAPPED(a_newest_segment_without_a_header_is_set_apart_and_costs_no_other),
      ON_MAPPED(a_newest_segment_of_a_few_bytes_is_set_apart),
      ON_MAPPED(records_that_could_not_be_read_at_the_start_cost_no_new_ones),
      ON_MAPPED(a_segment_that_could_not_be_read_at_the_start_is_read_later),
      ON_MAPPED(an_older_segment_without_a_header_is_passed_over),
      ON_MAPPED(a_segment_missing_in_the_middle_is_counted),
      ON_MAPPED(segments_that_vanished_altogether_are_counted),
      ON_MAPPED(a_payload_that_copies_a_record_is_never_taken_for_one),
      ON_MAPPED(stale_bytes_of_another_epoch_are_not_taken_for_records),
      ON_MAPPED(damaged_bytes_without_room_under_the_bound_are_told_and_passed),
      ON_MAPPED(a_lost_checkpoint_delivers_everything_again_and_says_so),
      ON_MAPPED(a_newer_segment_is_refused_by_name),
      ON_MAPPED(unfinished_segments_are_removed),
      ON_MAPPED(a_checkpoint_beyond_what_was_recovered_loses_nothing_that_follows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
