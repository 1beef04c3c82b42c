// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/inspection.h"

#include <xxhash.h>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

constexpr std::size_t kBody = 200;
constexpr std::uint64_t kRecord = 232;  // header and body, a multiple of the alignment

// The stride over a file's lengths and its header's bytes. A sanitizer makes each inspection many
// times slower.
#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 19;
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kStride = 5;
#else
constexpr std::uint64_t kStride = 1;
#endif

std::uint64_t offset_of(std::uint64_t n) { return kFirstRecordOffset + (n - 1) * kRecord; }

class Sight final : public InspectionVisitor {
 public:
  void on_record(const FoundRecord& record) override {
    sequences.push_back(record.sequence);
    settled += record.is_settled ? 1 : 0;
    offsets.push_back(record.offset);
    bodies.push_back(as_string(record.body));
    contexts.push_back(as_string(record.context));
  }
  void on_damage(const FoundDamage& damage) override { damages.push_back(damage); }

  std::vector<std::uint64_t> sequences;
  std::vector<std::uint64_t> offsets;
  std::vector<std::string> bodies;
  std::vector<std::string> contexts;
  std::vector<FoundDamage> damages;
  std::uint64_t settled = 0;
};

Inspection must_inspect(Workbench& bench, Sight& sight) {
  auto found = inspect(bench.settings.directory, bench.files, sight);
  if (!found.is_ok()) print_message("%s\n", found.message().c_str());
  assert_true(found.is_ok());
  return std::move(found).value();
}

// Leaves records 1 to n, after an orderly or unclean end.
void leave(Workbench& bench, std::uint64_t n, bool is_clean) {
  bench.must_open();
  bench.must_append(1, n, kBody);
  is_clean ? bench.close() : bench.crash();
}

// Settles the first five and leaves the rest, all in one segment.
void leave_partly_settled(Workbench& bench, std::uint64_t n) {
  bench.must_open();
  bench.must_append(1, n, kBody);
  std::vector<Delivered> delivered;
  assert_true(bench.read(delivered, true, 5));
  bench.close();
}

void records_are_shown_in_order_with_what_they_hold(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, true);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 20);
  assert_int_equal(found.pending, 20);
  assert_int_equal(found.damages, 0);
  assert_true(found.checkpoint.is_clean);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    assert_int_equal(sight.sequences[n - 1], n);
    assert_int_equal(sight.offsets[n - 1], offset_of(n));
    assert_true(sight.bodies[n - 1] == body_of(n, kBody));
    assert_string_equal(sight.contexts[n - 1].c_str(), "c1");
  }
}

void settled_records_that_are_still_there_are_told_from_pending_ones(void** state) {
  Workbench& bench = bench_of(state);
  leave_partly_settled(bench, 20);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 20);
  assert_int_equal(found.pending, 15);
  assert_int_equal(sight.settled, 5);
  assert_int_equal(found.checkpoint.settled.stored, 5);
}

void damage_in_the_middle_is_named_with_its_place_and_cost(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, true);
  flip_byte(bench.segment_path(), offset_of(7) + 100);
  flip_byte(bench.segment_path(), offset_of(8) + 100);
  flip_byte(bench.segment_path(), offset_of(15));
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 17);
  assert_int_equal(found.damages, 2);
  assert_int_equal(found.damaged_pending, 3);
  assert_int_equal(sight.damages[0].segment, 1);
  assert_int_equal(sight.damages[0].offset, offset_of(7));
  assert_int_equal(sight.damages[0].bytes, 2 * kRecord);
  assert_int_equal(sight.damages[0].records, 2);
  assert_int_equal(sight.damages[1].offset, offset_of(15));
  assert_int_equal(sight.damages[1].records, 1);
}

void damage_that_delivery_has_passed_costs_nothing_more(void** state) {
  Workbench& bench = bench_of(state);
  leave_partly_settled(bench, 20);
  flip_byte(bench.segment_path(), offset_of(3) + 100);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.damages, 1);
  assert_true(sight.damages[0].is_settled);
  assert_int_equal(found.damaged_pending, 0);
  assert_int_equal(found.pending, 15);
}

void the_last_record_of_an_orderly_end_is_damage_when_it_is_torn(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, true);
  const std::byte zeros[8] = {};
  patch_file(bench.segment_path(), offset_of(5), zeros);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 4);
  assert_int_equal(found.damaged_pending, 1);
  assert_int_equal(found.unfinished_bytes, 0);
}

void the_last_record_of_another_end_is_unfinished_and_no_damage(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, false);
  const std::byte zeros[8] = {};
  patch_file(bench.segment_path(), offset_of(5), zeros);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 4);
  assert_int_equal(found.damages, 0);
  assert_true(found.unfinished_bytes > 0);
}

// Three segments, each with records.
void leave_three_segments(Workbench& bench) {
  bench.must_open();
  bench.must_append(1, 12, 900'000);
  bench.close();
  assert_int_equal(bench.names(".segment").size(), 3);
}

// Two threads create segments, so there may be gaps between their numbers.
std::uint64_t number_of(const Workbench& bench, std::size_t index) {
  return segment_number(bench.names(".segment").at(index)).value();
}

void a_segment_that_is_gone_is_told_by_the_numbers_behind_it(void** state) {
  Workbench& bench = bench_of(state);
  leave_three_segments(bench);
  const std::uint64_t last = number_of(bench, 2);
  std::filesystem::remove(bench.segment_path(1));
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 8);
  assert_int_equal(found.damages, 1);
  assert_int_equal(found.damaged_pending, 4);
  assert_int_equal(sight.damages[0].segment, last);
}

void the_last_segments_that_are_gone_are_told_by_the_checkpoint(void** state) {
  Workbench& bench = bench_of(state);
  leave_three_segments(bench);
  std::filesystem::remove(bench.segment_path(2));
  std::filesystem::remove(bench.segment_path(1));
  std::filesystem::remove(bench.segment_path(0));
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 0);
  assert_int_equal(found.damaged_pending, 12);
}

void a_segment_without_a_header_or_cut_short_is_damage(void** state) {
  Workbench& bench = bench_of(state);
  leave_three_segments(bench);
  flip_byte(bench.segment_path(0), 20);
  flip_byte(bench.segment_path(0), kSegmentHeaderBytes + 20);
  std::filesystem::resize_file(bench.segment_path(2), kFirstRecordOffset);
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 4);
  assert_int_equal(found.damages, 2);
  assert_int_equal(found.damaged_pending, 8);
  assert_int_equal(sight.damages[0].segment, number_of(bench, 0));
  assert_int_equal(sight.damages[1].segment, number_of(bench, 2));
  assert_int_equal(sight.damages[1].offset, kFirstRecordOffset);
}

void no_length_of_a_file_and_no_flipped_header_byte_ends_the_walk(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 3, true);
  const std::string path = bench.segment_path();
  const ByteBuffer whole = file_bytes(path);
  for (std::uint64_t bytes = 0; bytes <= offset_of(5); bytes += 97 * kStride) {
    put_file_bytes(path, ByteView(whole).first(bytes));
    Sight sight;
    const Inspection found = must_inspect(bench, sight);
    assert_int_equal(found.records + found.damaged_pending, 3);
  }
  put_file_bytes(path, whole);
  for (std::uint64_t at = 0; at < 80; at += kStride) {
    flip_byte(path, at);
    Sight sight;
    assert_int_equal(must_inspect(bench, sight).records, 3);
    flip_byte(path, at);
  }
}

void a_segment_that_can_not_be_read_is_damage_and_the_others_are_shown(void** state) {
  Workbench& bench = bench_of(state);
  leave_three_segments(bench);
  const std::uint64_t bad = number_of(bench, 1);
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.is("read", segment_name(bad)) ? Status::io("a bad disk") : Status();
  });
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.records, 8);
  assert_int_equal(found.damages, 1);
  assert_int_equal(sight.damages[0].segment, bad);
  assert_int_equal(sight.damages[0].records, 4);
}

void without_a_checkpoint_all_records_count_as_pending(void** state) {
  Workbench& bench = bench_of(state);
  leave_partly_settled(bench, 20);
  put_file_bytes(bench.path(kCheckpointName), as_bytes(std::string(8192, 'x')));
  Sight damaged;
  Inspection found = must_inspect(bench, damaged);
  assert_true(found.checkpoint_found.code() == StatusCode::kCorrupt);
  assert_int_equal(found.pending, 20);
  std::filesystem::remove(bench.path(kCheckpointName));
  Sight gone;
  found = must_inspect(bench, gone);
  assert_true(found.checkpoint_found.code() == StatusCode::kAbsent);
  assert_int_equal(found.pending, 20);
}

void a_newer_segment_is_refused_by_name(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 3, true);
  ByteBuffer bytes = file_bytes(bench.segment_path());
  for (const std::uint64_t copy : {std::uint64_t{0}, kSegmentHeaderBytes}) {
    std::byte* const header = bytes.data() + copy;
    store_le(header + 8, static_cast<std::uint16_t>(kFormatVersion + 1));
    const std::uint64_t seed = XXH3_64bits(header, kSegmentFixedBytes - 8);
    store_le(header + kSegmentFixedBytes - 8,
             std::uint64_t{XXH3_64bits_withSeed(header + kSegmentFixedBytes, 2, seed)});
  }
  put_file_bytes(bench.segment_path(), bytes);
  Sight sight;
  const auto refused = inspect(bench.settings.directory, bench.files, sight);
  assert_int_equal(refused.code(), StatusCode::kRefuse);
  assert_non_null(strstr(refused.message().c_str(), segment_name(1).c_str()));
  assert_non_null(strstr(refused.message().c_str(), "newer"));
}

// As if a broker were appending: the first pass sees record 5, but not yet record 3.
void what_one_reading_sees_half_is_no_damage_where_a_second_one_sees_it_whole(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 5, false);
  const std::string path = bench.segment_path();
  const ByteBuffer whole = file_bytes(path);
  const ByteBuffer hole(kRecord);
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    if (!call.is("read", ".segment")) return Status();
    patch_file(path, offset_of(3),
               bench.dial++ == 0 ? ByteView(hole) : ByteView(whole).subspan(offset_of(3), kRecord));
    return Status();
  });
  Sight sight;
  const Inspection found = must_inspect(bench, sight);
  assert_int_equal(found.damages, 0);
  assert_int_equal(found.records, 5);
}

void inspect_until(Workbench& bench, const std::atomic<bool>& is_over, std::atomic<int>& bad) {
  while (!is_over.load()) {
    Sight sight;
    const auto found = inspect(bench.settings.directory, bench.files, sight);
    if (!found.is_ok() || found.value().damages > 0) ++bad;
    if (!std::ranges::is_sorted(sight.sequences)) ++bad;
  }
}

// Appends, settles and retires while another thread inspects the journal, which must never report
// damage.
void a_journal_at_work_is_never_found_damaged(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  std::atomic<bool> is_over{false};
  std::atomic<int> bad{0};
  std::thread looking([&] { inspect_until(bench, is_over, bad); });
  std::vector<Delivered> delivered;
  for (std::uint64_t n = 1; n <= 30'000; ++n) {
    if (bench.append(n, 300 + n % 4000) != AppendOutcome::kAppended) ++bad;
    if (n % 3000 == 0) {
      while (bench.read(delivered, true)) {
      }
      bench.clock.advance_ms(200);
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  }
  is_over.store(true);
  looking.join();
  assert_int_equal(bad.load(), 0);
  assert_int_equal(delivered.size(), 30'000);
}

void looking_needs_no_right_to_write_and_changes_nothing(void** state) {
  Workbench& bench = bench_of(state);
  leave(bench, 20, false);
  PosixFileSystem looking(PosixFileSystem::Access::kLooking);
  const ByteBuffer segment = file_bytes(bench.segment_path());
  const ByteBuffer checkpoint = file_bytes(bench.path(kCheckpointName));
  Sight sight;
  const auto found = inspect(bench.settings.directory, looking, sight);
  assert_true(found.is_ok());
  assert_int_equal(found.value().pending, 20);
  assert_true(file_bytes(bench.segment_path()) == segment);
  assert_true(file_bytes(bench.path(kCheckpointName)) == checkpoint);
  const auto file = looking.open(bench.segment_path());
  assert_true(file.is_ok());
  assert_int_equal(file.value()->write(0, as_bytes("x")).code(), StatusCode::kIo);
  assert_int_equal(looking.create(bench.path("new")).code(), StatusCode::kIo);
  assert_int_equal(looking.open_or_create(bench.path("new")).code(), StatusCode::kAbsent);
  assert_int_equal(looking.make_directory(bench.path("new")).code(), StatusCode::kIo);
  assert_int_equal(looking.unlink(bench.segment_path()).code(), StatusCode::kIo);
  assert_int_equal(looking.rename(bench.segment_path(), bench.path("new")).code(), StatusCode::kIo);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(records_are_shown_in_order_with_what_they_hold),
      ON_MAPPED(settled_records_that_are_still_there_are_told_from_pending_ones),
      ON_MAPPED(damage_in_the_middle_is_named_with_its_place_and_cost),
      ON_MAPPED(damage_that_delivery_has_passed_costs_nothing_more),
      ON_MAPPED(the_last_record_of_an_orderly_end_is_damage_when_it_is_torn),
      ON_MAPPED(the_last_record_of_another_end_is_unfinished_and_no_damage),
      ON_MAPPED(a_segment_that_is_gone_is_told_by_the_numbers_behind_it),
      ON_MAPPED(the_last_segments_that_are_gone_are_told_by_the_checkpoint),
      ON_MAPPED(a_segment_without_a_header_or_cut_short_is_damage),
      ON_MAPPED(no_length_of_a_file_and_no_flipped_header_byte_ends_the_walk),
      ON_MAPPED(a_segment_that_can_not_be_read_is_damage_and_the_others_are_shown),
      ON_MAPPED(without_a_checkpoint_all_records_count_as_pending),
      ON_MAPPED(a_newer_segment_is_refused_by_name),
      ON_MAPPED(what_one_reading_sees_half_is_no_damage_where_a_second_one_sees_it_whole),
      ON_MAPPED(a_journal_at_work_is_never_found_damaged),
      ON_PLAIN(a_journal_at_work_is_never_found_damaged),
      ON_MAPPED(looking_needs_no_right_to_write_and_changes_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
