// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal.h"

#include <set>

#include "journal/inspection.h"
#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

void what_is_appended_is_read_once_and_in_order(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 100);
  const auto all = bench.drain();
  assert_true(are_records(all, 1, 100));
  for (std::uint64_t n = 1; n <= 100; ++n) assert_int_equal(all[n - 1].sequence, n);
  assert_true(bench.drain().empty());
}

void pending_records_come_again_after_a_reopen_and_settled_ones_never(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 100);
  std::vector<Delivered> first;
  assert_true(bench.read(first, true, 40));
  assert_true(are_records(first, 1, 40));
  bench.reopen();
  assert_int_equal(bench.journal->recovered_pending(), 60);
  assert_true(bench.journal->recovered_last_id() == id_of(100));
  assert_true(are_records(bench.look(), 41, 100));
  bench.reopen();
  assert_true(are_records(bench.drain(), 41, 100));
  bench.reopen();
  assert_true(bench.drain().empty());
  assert_true(bench.journal->recovered_last_id() == id_of(100));
}

void many_segments_are_read_in_order_over_several_runs(void** state) {
  Workbench& bench = bench_of(state);
  constexpr std::uint64_t kEach = 300;
  for (std::uint64_t run = 0; run < 3; ++run) {
    bench.must_open();
    bench.must_append(run * kEach + 1, (run + 1) * kEach, 40'000);  // three segments per run
    bench.close();
  }
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 3 * kEach, 40'000));
  assert_int_equal(bench.journal->balance().settled.stored, 3 * kEach);
}

void a_batch_holds_one_segment_and_its_context(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.settings.context = {std::byte{'c'}, std::byte{'2'}};
  bench.reopen();
  bench.must_append(11, 20);
  std::vector<Delivered> first;
  std::vector<Delivered> second;
  assert_true(bench.read(first, true));
  assert_true(bench.read(second, true));
  assert_true(are_records(first, 1, 10));
  assert_true(are_records(second, 11, 20));
  assert_string_equal(first[0].context.c_str(), "c1");
  assert_string_equal(second[0].context.c_str(), "c2");
}

void a_record_of_two_mebibytes_passes(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 1);
  bench.must_append(2, 4, kRecordBodyBytesMax);
  bench.must_append(5, 5);
  bench.reopen();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 5);
  for (std::uint64_t n = 2; n <= 4; ++n) assert_true(is_record(all[n - 1], n, kRecordBodyBytesMax));
  assert_true(is_record(all[4], 5));
}

void the_balance_holds_at_each_step_and_over_runs(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  for (std::uint64_t n = 1; n <= 30; ++n) {
    bench.must_append(n, n);
    assert_true(bench.is_balanced());
  }
  assert_true(bench.journal->read(bench.batch, 10, 1'000'000).value());
  bench.journal->advance(bench.batch.end, {5, 2, 3, 0}, bench.batch.last_id);
  assert_true(bench.is_balanced());
  bench.reopen();
  const Balance balance = bench.journal->balance();
  assert_int_equal(balance.appended, 30);
  assert_int_equal(balance.pending, 20);
  assert_true((balance.settled == SettledCounts{5, 2, 3, 0}));
  bench.must_append(31, 31);
  (void)bench.drain();
  assert_int_equal(bench.journal->balance().pending, 0);
  assert_int_equal(bench.journal->balance().appended, 31);
}

void a_drained_journal_leaves_no_segment_and_goes_on_with_its_numbers(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  (void)bench.drain();
  bench.close();
  assert_true(bench.names(".segment").empty());
  bench.must_open();
  bench.must_append(6, 6);
  bench.crash();
  bench.must_open();
  const auto rest = bench.drain();  // nothing is appended in this run
  assert_true(are_records(rest, 6, 6));
  assert_int_equal(rest[0].sequence, 6);
  bench.close();
  assert_true(bench.names(".segment").empty());
}

void segments_before_the_checkpoint_are_retired(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 500, 40'000);
  assert_true(bench.names(".segment").size() >= 5);
  (void)bench.drain();
  // The active segment, and two ready ones.
  assert_true(bench.wait_until([&] { return bench.names(".segment").size() == 3; }));
  bench.must_append(501, 501);
  assert_true(are_records(bench.drain(), 501, 501));
}

void the_bound_refuses_and_room_comes_back(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 4 * kSegmentBytes + kStandingBytes;
  bench.must_open();
  std::uint64_t next = 1;
  std::vector<Delivered> all;
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t first = next;
    AppendOutcome outcome = AppendOutcome::kAppended;
    while ((outcome = bench.append(next, 40'000)) == AppendOutcome::kAppended) {
      ++next;
      assert_true(bench.bytes_on_disk() <= bench.settings.bytes_max);
    }
    assert_int_equal(outcome, AppendOutcome::kBoundReached);
    assert_true(next - first > 90);
    assert_true(bench.journal->is_refusing());
    assert_true(bench.is_balanced());
    while (bench.read(all, true)) {
    }
    assert_true(bench.wait_until([&] {
      assert_true(bench.bytes_on_disk() <= bench.settings.bytes_max);
      return bench.append(next, 40'000) == AppendOutcome::kAppended;
    }));
    ++next;
    assert_false(bench.journal->is_refusing());
  }
  while (bench.read(all, true)) {
  }
  assert_true(are_records(all, 1, next - 1, 40'000));
}

// The bound isn't a multiple of the segment size: the last segment uses the remaining bytes.
void the_bound_is_used_up(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 16ULL * 1024 * 1024;
  bench.must_open();
  std::uint64_t next = 1;
  // A segment counts as used before it exists, so its records may still be missing.
  const auto is_full = [&] {
    while (bench.append(next, 40'000) == AppendOutcome::kAppended) ++next;
    return bench.journal->used_bytes() > bench.settings.bytes_max - kPageBytes &&
           (next - 1) * 40'000 > bench.settings.bytes_max / 100 * 95;
  };
  assert_true(bench.wait_until(is_full));
  assert_true(bench.bytes_on_disk() <= bench.settings.bytes_max);
  struct Walker final : InspectionVisitor {
    void on_record(const FoundRecord&) override { ++records; }
    void on_damage(const FoundDamage&) override { ++damaged; }
    std::uint64_t records = 0;
    std::uint64_t damaged = 0;
  } walker;
  assert_true(inspect(bench.settings.directory, bench.posix, walker).is_ok());
  assert_int_equal(walker.records, next - 1);
  assert_int_equal(walker.damaged, 0);
  bench.crash();
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, next - 1, 40'000));
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
  assert_true(bench.wait_until([&] { return bench.append(next) == AppendOutcome::kAppended; }));
}

// Like `journal deliver` on a full disk.
void a_journal_that_is_only_read_makes_no_segment(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.close();
  bench.settings.is_appended_to = false;
  bench.files.forget_calls();
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 10));
  assert_int_equal(bench.append(11), AppendOutcome::kBoundReached);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  bench.close();
  for (const auto& call : bench.files.calls()) assert_string_not_equal(call.name.c_str(), "create");
  assert_true(bench.names(".segment").empty());
}

void after_close_nothing_is_read_or_settled(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 2);
  std::vector<Delivered> all;
  assert_true(bench.read(all, false, 1));
  bench.journal->close();
  assert_false(bench.read(all, true));
  bench.journal->advance(bench.batch.end, {1, 0, 0, 0}, id_of(1));
  bench.journal->close();
  bench.reopen();
  assert_true(are_records(bench.drain(), 1, 2));
}

void a_context_that_fits_no_header_is_refused(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.context.assign(kContextBytesMax + 1, std::byte{1});
  assert_int_equal(bench.open().code(), StatusCode::kRefuse);
}

void a_start_with_two_hundred_and_fifty_pending_segments_is_quick(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 300 * kSegmentBytes;
  bench.must_open();
  bench.must_append(1, 2);
  bench.crash();
  // The same number of older segments, as sparse files: a start doesn't read them.
  const ByteBuffer newest = file_bytes(bench.segment_path());
  for (const std::string& name : bench.names(".segment")) {
    if (name != segment_name(1)) std::filesystem::remove(bench.path(name));
  }
  for (std::uint64_t number = 2; number <= 250; ++number) {
    const std::string path = bench.path(segment_name(number));
    if (number == 250) {
      put_file_bytes(path, newest);
    } else {
      put_file_bytes(path, {});
      std::filesystem::resize_file(path, kSegmentBytes);
    }
  }
  const auto start = std::chrono::steady_clock::now();
  bench.must_open();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_message("a start with 250 older segments took %.0f ms\n", took.count() * 1000);
  assert_true(took.count() < 5);
  assert_int_equal(bench.journal->used_bytes(), 252 * kSegmentBytes + kStandingBytes);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(what_is_appended_is_read_once_and_in_order),
      ON_PLAIN(what_is_appended_is_read_once_and_in_order),
      ON_MAPPED(pending_records_come_again_after_a_reopen_and_settled_ones_never),
      ON_PLAIN(pending_records_come_again_after_a_reopen_and_settled_ones_never),
      ON_MAPPED(many_segments_are_read_in_order_over_several_runs),
      ON_PLAIN(many_segments_are_read_in_order_over_several_runs),
      ON_MAPPED(a_batch_holds_one_segment_and_its_context),
      ON_MAPPED(a_record_of_two_mebibytes_passes),
      ON_PLAIN(a_record_of_two_mebibytes_passes),
      ON_MAPPED(the_balance_holds_at_each_step_and_over_runs),
      ON_MAPPED(a_drained_journal_leaves_no_segment_and_goes_on_with_its_numbers),
      ON_MAPPED(segments_before_the_checkpoint_are_retired),
      ON_MAPPED(the_bound_refuses_and_room_comes_back),
      ON_PLAIN(the_bound_refuses_and_room_comes_back),
      ON_MAPPED(the_bound_is_used_up),
      ON_PLAIN(the_bound_is_used_up),
      ON_MAPPED(a_journal_that_is_only_read_makes_no_segment),
      ON_MAPPED(after_close_nothing_is_read_or_settled),
      ON_MAPPED(a_context_that_fits_no_header_is_refused),
      ON_MAPPED(a_start_with_two_hundred_and_fifty_pending_segments_is_quick),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
