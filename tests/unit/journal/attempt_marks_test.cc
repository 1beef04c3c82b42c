// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/attempt_marks.h"

#include <filesystem>
#include <string>

#include "tests/unit/journal/workbench.h"

// To simulate a process that ends uncleanly, an AttemptMarks is destroyed with a mark in it: the
// destructor writes nothing.
namespace mongo_store::journal {
namespace {

RecordView record_of(std::uint64_t n) { return {n, id_of(n), {}}; }

std::string path_of(Workbench& bench) { return bench.path(kAttemptsName); }

std::unique_ptr<AttemptMarks> open_marks(Workbench& bench, std::uint64_t settled_below = 1) {
  return AttemptMarks::open(bench.files, path_of(bench), bench.settings.medium == Medium::kMappable,
                            settled_below, bench.logger);
}

std::uint32_t crashes_of(AttemptMarks& marks, std::uint64_t n) {
  const SharedLock lock(marks.gate());
  return marks.crashes(record_of(n));
}

void end_while_marked(AttemptMarks& marks, std::size_t slot, std::uint64_t n) {
  const SharedLock lock(marks.gate());
  marks.mark(slot, record_of(n));
}

void end_while_alone(AttemptMarks& marks, std::uint64_t n) {
  const ExclusiveLock lock(marks.gate());
  marks.mark_alone(0, record_of(n));
}

void what_was_ended_with_is_no_suspect(void** state) {
  Workbench& bench = bench_of(state);
  {
    const auto marks = open_marks(bench);
    end_while_marked(*marks, 0, 7);
    end_while_marked(*marks, 0, 8);
    marks->clear(0);
  }
  const auto marks = open_marks(bench);
  assert_int_equal(crashes_of(*marks, 7), 0);
  assert_int_equal(crashes_of(*marks, 8), 0);
  assert_true(bench.logger.lines().empty());
}

void what_stood_in_a_slot_at_the_end_is_a_suspect_until_it_is_acquitted(void** state) {
  Workbench& bench = bench_of(state);
  {
    const auto marks = open_marks(bench);
    end_while_marked(*marks, 0, 6);
    end_while_marked(*marks, 0, 7);
    end_while_marked(*marks, kAttemptSlots - 1, 9);
  }
  for (int run = 0; run < 2; ++run) {
    const auto marks = open_marks(bench);
    assert_int_equal(crashes_of(*marks, 6), 0);
    assert_int_equal(crashes_of(*marks, 7), 1);
    assert_int_equal(crashes_of(*marks, 9), 1);
  }
  assert_int_equal(bench.logger.count("each of them is tried alone now: 7, 9"), 1);
  {
    const auto marks = open_marks(bench);
    const ExclusiveLock lock(marks->gate());
    marks->acquit(record_of(7));
    assert_int_equal(marks->crashes(record_of(7)), 0);
  }
  const auto marks = open_marks(bench);
  assert_int_equal(crashes_of(*marks, 7), 0);
  assert_int_equal(crashes_of(*marks, 9), 1);
}

void an_end_beside_others_never_counts_twice_and_one_alone_does(void** state) {
  Workbench& bench = bench_of(state);
  for (int run = 0; run < 3; ++run) end_while_marked(*open_marks(bench), 3, 7);
  assert_int_equal(crashes_of(*open_marks(bench), 7), 1);
  end_while_alone(*open_marks(bench), 7);
  assert_int_equal(crashes_of(*open_marks(bench), 7), 2);
  assert_int_equal(bench.logger.count("record 7 was being decoded alone"), 1);
  assert_int_equal(crashes_of(*open_marks(bench), 7), 2);
  end_while_alone(*open_marks(bench), 7);
  assert_int_equal(crashes_of(*open_marks(bench), 7), 3);
}

void another_record_of_its_number_is_no_suspect(void** state) {
  Workbench& bench = bench_of(state);
  end_while_marked(*open_marks(bench), 0, 7);
  const auto marks = open_marks(bench);
  const SharedLock lock(marks->gate());
  assert_int_equal(marks->crashes({7, id_of(1007), {}}), 0);
}

void what_is_settled_is_forgotten(void** state) {
  Workbench& bench = bench_of(state);
  end_while_marked(*open_marks(bench), 0, 7);
  end_while_marked(*open_marks(bench), 0, 8);
  end_while_marked(*open_marks(bench, 8), 0, 5);
  const auto marks = open_marks(bench, 8);
  assert_int_equal(crashes_of(*marks, 5), 0);
  assert_int_equal(crashes_of(*marks, 7), 0);
  assert_int_equal(crashes_of(*marks, 8), 1);
}

void more_suspects_than_there_is_room_for_do_no_harm(void** state) {
  Workbench& bench = bench_of(state);
  for (std::uint64_t n = 1; n <= kSuspectsMax + 3; ++n) end_while_marked(*open_marks(bench), 0, n);
  const auto marks = open_marks(bench);
  assert_int_equal(crashes_of(*marks, 1), 1);
  assert_int_equal(crashes_of(*marks, kSuspectsMax), 1);
  assert_int_equal(crashes_of(*marks, kSuspectsMax + 1), 0);
}

void a_damaged_or_foreign_file_is_begun_anew_with_one_line(void** state) {
  Workbench& bench = bench_of(state);
  const std::string path = path_of(bench);
  end_while_marked(*open_marks(bench), 0, 7);
  const ByteBuffer whole = file_bytes(path);
  assert_int_equal(whole.size(), kAttemptFileBytes);
  ByteBuffer newer = whole;
  newer[8] = std::byte{2};
  ByteBuffer longer(3 * kAttemptFileBytes, std::byte{0x5a});
  const ByteBuffer damaged[] = {
      ByteBuffer(1, std::byte{1}), {whole.begin(), whole.begin() + 40}, newer, longer};
  int lines = 0;
  for (const ByteBuffer& bytes : damaged) {
    put_file_bytes(path, bytes);
    assert_int_equal(crashes_of(*open_marks(bench), 7), 0);
    assert_int_equal(bench.logger.lines().size(), ++lines);
    end_while_marked(*open_marks(bench), 0, 8);
    assert_int_equal(crashes_of(*open_marks(bench), 8), 1);
    assert_int_equal(bench.logger.lines().size(), ++lines);  // of the suspect
  }
}

void no_failing_call_costs_more_than_the_finding_out(void** state) {
  Workbench& bench = bench_of(state);
  const bool is_mapped = bench.settings.medium == Medium::kMappable;
  int lines = 0;
  for (const char* call : {"open_or_create", "allocate", "read", "write", "map"}) {
    if (!is_mapped && std::string_view(call) == "map") continue;
    bench.files.set_fault([call](const test::FaultyFileSystem::Call& made) {
      return made.is(call, kAttemptsName) ? Status::io("it fails") : Status();
    });
    const auto marks = open_marks(bench);
    end_while_marked(*marks, 0, 7);
    marks->clear(0);
    assert_int_equal(crashes_of(*marks, 7), 0);
    assert_int_equal(bench.logger.lines().size(), ++lines);
  }
}

void a_mapped_mark_is_no_system_call(void** state) {
  Workbench& bench = bench_of(state);
  const auto marks = open_marks(bench);
  bench.files.forget_calls();
  for (std::uint64_t n = 1; n <= 100; ++n) end_while_marked(*marks, 0, n);
  end_while_alone(*marks, 5);
  marks->clear(0);
  assert_true(bench.files.calls().empty());
}

void a_journal_keeps_its_suspects(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  bench.must_append(1, 5);
  end_while_marked(bench.journal->attempts(), 0, 3);
  bench.crash();
  bench.must_open();
  assert_int_equal(crashes_of(bench.journal->attempts(), 3), 1);
  assert_int_equal(bench.drain().size(), 5);
  bench.reopen();
  assert_int_equal(crashes_of(bench.journal->attempts(), 3), 0);  // settled
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(what_was_ended_with_is_no_suspect),
      ON_PLAIN(what_was_ended_with_is_no_suspect),
      ON_MAPPED(what_stood_in_a_slot_at_the_end_is_a_suspect_until_it_is_acquitted),
      ON_PLAIN(what_stood_in_a_slot_at_the_end_is_a_suspect_until_it_is_acquitted),
      ON_MAPPED(an_end_beside_others_never_counts_twice_and_one_alone_does),
      ON_PLAIN(an_end_beside_others_never_counts_twice_and_one_alone_does),
      ON_MAPPED(another_record_of_its_number_is_no_suspect),
      ON_MAPPED(what_is_settled_is_forgotten),
      ON_MAPPED(more_suspects_than_there_is_room_for_do_no_harm),
      ON_MAPPED(a_damaged_or_foreign_file_is_begun_anew_with_one_line),
      ON_PLAIN(a_damaged_or_foreign_file_is_begun_anew_with_one_line),
      ON_MAPPED(no_failing_call_costs_more_than_the_finding_out),
      ON_PLAIN(no_failing_call_costs_more_than_the_finding_out),
      ON_MAPPED(a_mapped_mark_is_no_system_call),
      ON_MAPPED(a_journal_keeps_its_suspects),
      ON_PLAIN(a_journal_keeps_its_suspects),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
