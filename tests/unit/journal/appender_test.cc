// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/appender.h"

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

using Call = test::FaultyFileSystem::Call;

int always_mapped(void** state) {
  set_up_mapped(state);
  bench_of(state).settings.sync_interval_ms = 0;
  return 0;
}
int always_plain(void** state) {
  set_up_plain(state);
  bench_of(state).settings.sync_interval_ms = 0;
  return 0;
}

bool is_sync(const Call& call) { return call.name == "map_sync" || call.name == "sync"; }

// A synchronisation of appended records, not of a new segment's header.
bool is_sync_of(const Call& call, std::uint64_t segment) {
  return is_sync(call) && call.path.ends_with(segment_name(segment));
}

void always_synchronises_before_it_returns(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 1);
  for (std::uint64_t n = 2; n < 5; ++n) {
    bench.files.forget_calls();
    bench.must_append(n, n);
    std::size_t syncs = 0;
    for (const Call& call : bench.files.calls()) syncs += is_sync_of(call, 1) ? 1 : 0;
    assert_int_equal(syncs, 1);
  }
}

// `fails`: how many synchronisations of the first segment fail, starting with the third record's.
void lose_one_append(Workbench& bench, int fails) {
  bench.must_open();
  bench.must_append(1, 2);
  bench.dial = fails;
  bench.files.set_fault([&bench](const Call& call) {
    return is_sync_of(call, 1) && bench.dial-- > 0 ? Status::io("can't synchronise it") : Status();
  });
  assert_int_equal(bench.append(3), AppendOutcome::kDiskFailed);
  bench.must_append(4, 6);
}

void an_append_whose_synchronisation_fails_is_not_kept(void** state) {
  Workbench& bench = bench_of(state);
  lose_one_append(bench, 1);
  bench.crash();
  bench.files.set_fault({});
  bench.must_open();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 5);
  for (std::size_t i = 0; i < all.size(); ++i) {
    assert_true(is_record(all[i], i < 2 ? i + 1 : i + 2));
    assert_int_equal(all[i].sequence, i + 1);  // the next record has its number
  }
  assert_int_equal(bench.journal->balance().settled.damaged, 0);
}

void its_number_is_not_given_again_where_it_may_be_on_the_disk(void** state) {
  Workbench& bench = bench_of(state);
  lose_one_append(bench, 1000);
  assert_true(bench.is_balanced());
  bench.crash();
  bench.files.set_fault({});
  bench.must_open();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 5);
  assert_int_equal(all[1].sequence, 2);
  assert_int_equal(all[2].sequence, 4);
  assert_true(is_record(all[2], 4));
  assert_int_equal(bench.journal->balance().settled.damaged, 1);
  assert_int_equal(bench.journal->balance().pending, 0);
}

// Each failure costs a segment. If those segments stayed, the bound would be reached with no record
// to settle.
void a_disk_that_fails_for_long_refuses_and_takes_no_room(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 5 * kSegmentBytes + kStandingBytes;
  bench.must_open();
  bench.must_append(1, 2);
  bench.files.set_fault([](const Call& call) {
    const bool is_append =
        call.name == "map_sync" || (call.name == "sync" && !call.is("sync", ".new"));
    return is_append && call.path.find(".segment") != std::string::npos
               ? Status::io(text("can't synchronise ", call.path))
               : Status();
  });
  assert_int_equal(bench.append(3), AppendOutcome::kDiskFailed);
  const std::string why = bench.journal->last_failure().message();
  assert_true(why.find(".segment") != std::string::npos && why.find(".new") == std::string::npos);
  for (int i = 0; i < 40; ++i) {
    // The bound is reached briefly if the journal's thread is slow to remove files.
    assert_int_not_equal(bench.append(3), AppendOutcome::kAppended);
    assert_true(bench.journal->is_refusing());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  bench.files.set_fault({});
  assert_true(bench.wait_until([&] { return bench.append(4) == AppendOutcome::kAppended; }));
  bench.must_append(5, 5);
  assert_false(bench.journal->is_refusing());
  assert_true(bench.wait_until(
      [&] { return bench.journal->used_bytes() == 4 * kSegmentBytes + kStandingBytes; }));
  assert_true(bench.wait_until([&] { return bench.names(".segment").size() == 4; }));
  const auto all = bench.drain();
  assert_int_equal(all.size(), 4);
  assert_true(is_record(all[2], 4));
  assert_true(bench.is_balanced());
}

void a_write_that_fails_keeps_nothing(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 2);
  bench.dial = 1;
  bench.files.set_fault([&bench](const Call& call) {
    const bool is_append = call.name == "write" && call.offset > kFirstRecordOffset;
    return is_append && bench.dial-- > 0 ? Status::no_space("full") : Status();
  });
  assert_int_equal(bench.append(3), AppendOutcome::kDiskFull);
  bench.must_append(4, 5);
  assert_false(bench.journal->is_refusing());
  bench.reopen();
  const auto all = bench.drain();
  assert_int_equal(all.size(), 4);
  assert_true(is_record(all[2], 4));
}

void a_record_over_the_bound_is_not_kept(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  assert_int_equal(bench.append(1, kRecordBodyBytesMax + 1), AppendOutcome::kDiskFailed);
  bench.must_append(2, 2, kRecordBodyBytesMax);
  assert_int_equal(bench.journal->balance().appended, 1);
}

void an_empty_record_passes(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  assert_int_equal(bench.journal->append(id_of(1), {}, {}), AppendOutcome::kAppended);
  bench.must_append(2, 2);
  const auto all = bench.drain();
  assert_int_equal(all.size(), 2);
  assert_true(all[0].body.empty());
}

// The journal's thread finishes no segment while records are appended. The one that it has started
// is overtaken.
void with_no_segment_ready_the_appender_makes_one_and_counts_it(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  const auto own = std::this_thread::get_id();
  bench.files.set_fault([own, &bench](const Call& call) {
    if (call.name != "create" || std::this_thread::get_id() == own) return Status();
    for (int i = 0; i < 6000 && bench.dial == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return Status();
  });
  bench.must_append(1, 60, 500'000);
  bench.dial = 1;
  assert_true(bench.journal->inline_segments() > 0);
  bench.files.set_fault({});
  assert_true(are_records(bench.drain(), 1, 60, 500'000));
  // Overtaken and settled segments are removed.
  assert_true(bench.wait_until([&] {
    return bench.names(".segment").size() == 3 &&
           bench.journal->used_bytes() == 3 * kSegmentBytes + kStandingBytes;
  }));
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
#define ALWAYS_MAPPED(test) cmocka_unit_test_setup_teardown(test, always_mapped, tear_down)
#define ALWAYS_PLAIN(test) cmocka_unit_test_setup_teardown(test, always_plain, tear_down)
  const CMUnitTest tests[] = {
      ALWAYS_MAPPED(always_synchronises_before_it_returns),
      ALWAYS_PLAIN(always_synchronises_before_it_returns),
      ALWAYS_MAPPED(an_append_whose_synchronisation_fails_is_not_kept),
      ALWAYS_PLAIN(an_append_whose_synchronisation_fails_is_not_kept),
      ALWAYS_MAPPED(its_number_is_not_given_again_where_it_may_be_on_the_disk),
      ALWAYS_PLAIN(its_number_is_not_given_again_where_it_may_be_on_the_disk),
      ALWAYS_MAPPED(a_disk_that_fails_for_long_refuses_and_takes_no_room),
      ALWAYS_PLAIN(a_disk_that_fails_for_long_refuses_and_takes_no_room),
      ON_PLAIN(a_write_that_fails_keeps_nothing),
      ON_MAPPED(a_record_over_the_bound_is_not_kept),
      ON_PLAIN(a_record_over_the_bound_is_not_kept),
      ON_MAPPED(an_empty_record_passes),
      ON_PLAIN(an_empty_record_passes),
      ON_MAPPED(with_no_segment_ready_the_appender_makes_one_and_counts_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
