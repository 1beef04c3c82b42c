// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/upkeep.h"

#include <ctime>
#include <new>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

using Call = test::FaultyFileSystem::Call;

// The index of the first such call; -1: there is none.
int first_call(const std::vector<Call>& calls, std::string_view name, std::string_view path_end) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].is(name, path_end)) return static_cast<int>(i);
  }
  return -1;
}

void a_checkpoint_is_durable_before_what_it_settles_is_unlinked(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 250, 40'000);
  bench.files.forget_calls();
  (void)bench.drain();
  const std::string first = segment_name(1);
  assert_true(
      bench.wait_until([&] { return first_call(bench.files.calls(), "unlink", first) >= 0; }));
  bench.close();
  const auto calls = bench.files.calls();
  const int written = first_call(calls, "write", kCheckpointName);
  const int synced = first_call(calls, "sync", kCheckpointName);
  const int unlinked = first_call(calls, "unlink", first);
  int folder_synced = -1;
  for (std::size_t i = static_cast<std::size_t>(unlinked); i < calls.size(); ++i) {
    if (calls[i].name == "sync_directory") folder_synced = static_cast<int>(i);
  }
  assert_true(written >= 0);
  assert_true(written < synced);
  assert_true(synced < unlinked);
  assert_true(unlinked < folder_synced);
}

void nothing_is_unlinked_while_the_checkpoint_can_not_be_stored(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 250, 40'000);
  bench.files.set_fault([](const Call& call) {
    return call.is("sync", kCheckpointName) ? Status::io("can't synchronise") : Status();
  });
  (void)bench.drain();
  assert_true(bench.wait_until([&] { return bench.logger.count("store the checkpoint") > 0; }));
  for (int i = 0; i < 30; ++i) {
    bench.clock.advance_ms(200);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  assert_true(std::filesystem::exists(bench.path(segment_name(1))));
  assert_int_equal(bench.logger.count("can't store the checkpoint"), 1);
  bench.files.set_fault({});
  assert_true(
      bench.wait_until([&] { return !std::filesystem::exists(bench.path(segment_name(1))); }));
  assert_int_equal(bench.logger.count("checkpoints are stored again"), 1);
}

void what_is_appended_is_synchronised_at_the_interval(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 3);
  bench.files.forget_calls();
  const std::string active = segment_name(1);
  const auto is_synced = [&] {
    return first_call(bench.files.calls(), "map_sync", active) >= 0 ||
           first_call(bench.files.calls(), "sync", active) >= 0;
  };
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  assert_false(is_synced());  // time doesn't pass
  assert_true(bench.wait_until(is_synced));
}

void a_failing_synchronisation_seals_the_segment_and_is_told_once(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  bench.files.set_fault([&bench](const Call& call) {
    if (!call.is("map_sync", segment_name(1))) return Status();
    ++bench.dial;
    return Status::io("can't synchronise it");
  });
  assert_true(bench.wait_until([&] { return bench.dial > 0; }));
  for (int i = 0; i < 20; ++i) {
    bench.clock.advance_ms(200);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  assert_int_equal(bench.dial.load(), 1);  // a second try would prove nothing
  assert_int_equal(bench.logger.count("sequence number 1 on"), 1);
  bench.must_append(6, 10);
  assert_true(bench.wait_until([&] { return bench.logger.count("again") > 0; }));
  const auto all = bench.look();
  assert_true(are_records(all, 1, 10));
  assert_int_equal(bench.batch.end.segment, 2);
  bench.close();
  bench.files.set_fault({});
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 10));
}

// Whether a run of a few rounds synchronises the segment that the previous run left.
bool is_recovered_synchronised(Workbench& bench) {
  bench.files.forget_calls();
  bench.must_open();
  bench.must_append(6, 6);
  assert_true(bench.wait_until(
      [&] { return first_call(bench.files.calls(), "map_sync", ".segment") >= 0; }));
  return first_call(bench.files.calls(), "sync", segment_name(1)) >= 0;
}

void what_an_orderly_end_left_is_not_synchronised_again(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  bench.close();
  assert_false(is_recovered_synchronised(bench));
}

void what_a_killed_run_left_is_synchronised_and_a_failure_told(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  bench.crash();
  bench.files.set_fault([](const Call& call) {
    return call.is("sync", segment_name(1)) ? Status::io("can't synchronise") : Status();
  });
  assert_true(is_recovered_synchronised(bench));
  assert_int_equal(bench.logger.count("records from sequence number 1 on"), 1);
}

// As if memory had run out: the round fails, and so does logging that.
void an_exception_that_can_not_even_be_told_does_not_end_the_thread(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  bench.logger.throw_on("std::bad_alloc");
  bench.files.set_fault([&bench](const Call& call) -> Status {
    if (call.is("map_sync", ".segment") && bench.dial++ < 2) throw std::bad_alloc();
    return {};
  });
  assert_true(bench.wait_until([&] { return bench.dial > 2; }));
  assert_int_equal(bench.logger.count("journal: std::bad_alloc; trying again"), 1);
  assert_true(are_records(bench.drain(), 1, 5));
}

void anything_thrown_is_told_and_does_not_end_the_thread(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  bench.files.set_fault([&bench](const Call& call) -> Status {
    if (call.is("map_sync", ".segment") && bench.dial++ < 1) throw 1;
    return {};
  });
  assert_true(bench.wait_until([&] { return bench.dial > 1; }));
  assert_int_equal(bench.logger.count("an unknown exception; trying again"), 1);
  assert_true(are_records(bench.drain(), 1, 5));
}

void a_full_disk_refuses_and_the_journal_recovers_by_itself(void** state) {
  Workbench& bench = bench_of(state);
  constexpr int kFree = -1000;
  bench.files.set_fault([&bench](const Call& call) {
    const bool takes_room = call.name == "allocate" || call.name == "create";
    if (bench.dial == kFree || !takes_room) return Status();
    ++bench.dial;
    return Status::no_space("the disk is full");
  });
  bench.must_open();  // fails at the start, too
  assert_int_equal(bench.append(1), AppendOutcome::kDiskFull);
  assert_true(bench.journal->is_refusing());
  assert_int_equal(bench.journal->balance().appended, 0);
  assert_int_equal(bench.logger.count("can't create a segment"), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  assert_true(bench.dial < 20);  // no busy loop
  bench.dial = kFree;
  assert_true(bench.wait_until([&] { return bench.append(1) == AppendOutcome::kAppended; }));
  assert_false(bench.journal->is_refusing());
  assert_true(bench.wait_until([&] { return bench.names(".segment").size() == 3; }));
  bench.dial = 0;
  std::uint64_t n = 2;
  while (bench.append(n, 100'000) == AppendOutcome::kAppended) ++n;
  assert_true(n > 80);  // the ready segments
  bench.dial = kFree;
  assert_true(
      bench.wait_until([&] { return bench.append(n, 100'000) == AppendOutcome::kAppended; }));
  auto all = bench.drain();
  assert_int_equal(all.size(), n);
  all.erase(all.begin());
  assert_true(are_records(all, 2, n, 100'000));
  assert_true(bench.is_balanced());
}

void a_disk_that_fails_is_not_told_as_full(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_fault([](const Call& call) {
    return call.name == "allocate" && call.path.ends_with(".new")
               ? Status::io(text("can't reserve room for ", call.path, ": Input/output error"))
               : Status();
  });
  bench.must_open();
  assert_int_equal(bench.append(1), AppendOutcome::kDiskFailed);
  assert_true(bench.journal->is_refusing());
  assert_int_equal(bench.logger.count("0001.segment: Input/output error"), 1);
  assert_int_equal(bench.logger.count(".new"), 0);
  bench.files.set_fault({});
  assert_true(bench.wait_until([&] { return bench.append(1) == AppendOutcome::kAppended; }));
  assert_false(bench.journal->is_refusing());
}

void what_a_full_disk_has_free_is_known(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_facts({Medium::kMappable, "ext4", 12'345});
  bench.files.set_fault([](const Call& call) {
    return call.is("allocate", ".new") ? Status::no_space("the disk is full") : Status();
  });
  bench.must_open();
  assert_int_equal(bench.append(1), AppendOutcome::kDiskFull);
  assert_int_equal(bench.journal->disk_free_bytes(), 12'345);
}

bool is_of_new_segment(const Call& call) {
  return call.name == "sync_directory" ||
         (call.name == "unlink" && call.path.find(".segment") != std::string::npos);
}

// Its space counts as used until the file is gone.
void a_file_that_can_not_be_removed_is_tried_again(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 5 * kSegmentBytes + kStandingBytes;
  bench.files.set_fault([](const Call& call) {
    return is_of_new_segment(call) ? Status::io("the folder fails") : Status();
  });
  bench.must_open();
  const auto segments_on_disk = [&] { return bench.names(".segment").size(); };
  assert_true(bench.wait_until([&] { return segments_on_disk() == 5; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  assert_int_equal(segments_on_disk(), 5);
  assert_int_equal(bench.journal->used_bytes(), bench.settings.bytes_max);
  bench.files.set_fault({});
  assert_true(bench.wait_until([&] {
    return segments_on_disk() == 2 &&
           bench.journal->used_bytes() == 2 * kSegmentBytes + kStandingBytes;
  }));
  bench.must_append(1, 5);
  assert_true(are_records(bench.drain(), 1, 5));
}

void what_a_start_could_not_remove_is_tried_again(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.crash();  // two are ready
  put_file_bytes(bench.path(segment_name(7) + ".new"), as_bytes("half"));
  bench.files.set_fault([](const Call& call) {
    return is_of_new_segment(call) ? Status::io("the folder fails") : Status();
  });
  bench.must_open();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // at least one try
  assert_true(bench.journal->used_bytes() >= 3 * kSegmentBytes + kStandingBytes);
  bench.files.set_fault({});
  assert_true(bench.wait_until([&] {
    return bench.names(".segment").size() == 2 && bench.names(".new").empty() &&
           bench.journal->used_bytes() == 2 * kSegmentBytes + kStandingBytes;
  }));
}

void a_start_on_a_full_disk_delivers_what_is_there(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  bench.close();
  bench.files.set_fault([](const Call& call) {
    const bool takes_room = call.name == "allocate" || call.name == "create";
    return takes_room ? Status::no_space("the disk is full") : Status();
  });
  bench.must_open();
  assert_true(are_records(bench.drain(), 1, 10));
  bench.reopen();
  assert_true(bench.drain().empty());
}

void no_segment_that_stood_ready_stays_behind(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  assert_int_equal(bench.names(".segment").size(), 2);
  bench.close();
  assert_true(bench.names(".segment").empty());
  assert_int_equal(bench.bytes_on_disk(), kStandingBytes);
}

void an_idle_journal_costs_next_to_nothing(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 10);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  print_message("%.2f %% of a core\n", used * 100);
  assert_true(used < 0.05);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(a_checkpoint_is_durable_before_what_it_settles_is_unlinked),
      ON_MAPPED(nothing_is_unlinked_while_the_checkpoint_can_not_be_stored),
      ON_MAPPED(what_is_appended_is_synchronised_at_the_interval),
      ON_PLAIN(what_is_appended_is_synchronised_at_the_interval),
      ON_MAPPED(a_failing_synchronisation_seals_the_segment_and_is_told_once),
      ON_MAPPED(what_an_orderly_end_left_is_not_synchronised_again),
      ON_MAPPED(what_a_killed_run_left_is_synchronised_and_a_failure_told),
      ON_MAPPED(an_exception_that_can_not_even_be_told_does_not_end_the_thread),
      ON_MAPPED(a_full_disk_refuses_and_the_journal_recovers_by_itself),
      ON_PLAIN(a_full_disk_refuses_and_the_journal_recovers_by_itself),
      ON_MAPPED(a_disk_that_fails_is_not_told_as_full),
      ON_MAPPED(what_a_full_disk_has_free_is_known),
      ON_MAPPED(a_file_that_can_not_be_removed_is_tried_again),
      ON_MAPPED(what_a_start_could_not_remove_is_tried_again),
      ON_MAPPED(anything_thrown_is_told_and_does_not_end_the_thread),
      ON_MAPPED(a_start_on_a_full_disk_delivers_what_is_there),
      ON_MAPPED(no_segment_that_stood_ready_stays_behind),
      ON_MAPPED(an_idle_journal_costs_next_to_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
