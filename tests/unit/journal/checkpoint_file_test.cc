// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/checkpoint_file.h"

#include <xxhash.h>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

using Call = test::FaultyFileSystem::Call;

Checkpoint at_sequence(std::uint64_t sequence) {
  Checkpoint checkpoint;
  checkpoint.position = {1, kFirstRecordOffset, sequence};
  checkpoint.settled.stored = sequence - 1;
  return checkpoint;
}

std::unique_ptr<CheckpointFile> must_open(Workbench& bench) {
  auto opened = CheckpointFile::open(bench.files, bench.path(kCheckpointName));
  assert_true(opened.is_ok());
  return std::move(opened).value();
}

void store_three(Workbench& bench) {
  const auto file = must_open(bench);
  for (const std::uint64_t sequence : {10, 20, 30}) {
    assert_true(file->store(at_sequence(sequence)).is_ok());
  }
}

std::uint64_t slot_of(std::uint64_t generation) { return kCheckpointSlotOffsets[generation % 2]; }

void a_fresh_file_holds_none(void** state) {
  const auto file = must_open(bench_of(state));
  assert_int_equal(file->found_status().code(), StatusCode::kAbsent);
  assert_int_equal(file->current().position.sequence, 1);
}

void a_file_that_was_only_reserved_is_a_fresh_one(void** state) {
  (void)must_open(bench_of(state));
  const auto file = must_open(bench_of(state));
  assert_int_equal(file->found_status().code(), StatusCode::kAbsent);
}

void the_last_one_stored_comes_back(void** state) {
  store_three(bench_of(state));
  const auto file = must_open(bench_of(state));
  assert_true(file->found_status().is_ok());
  assert_int_equal(file->current().position.sequence, 30);
  assert_int_equal(file->current().generation, 3);
}

void either_slot_damaged_leaves_the_other(void** state) {
  Workbench& bench = bench_of(state);
  store_three(bench);
  const std::string path = bench.path(kCheckpointName);
  flip_byte(path, slot_of(2) + 60);
  assert_int_equal(must_open(bench)->current().position.sequence, 30);
  flip_byte(path, slot_of(2) + 60);
  flip_byte(path, slot_of(3) + 60);
  assert_int_equal(must_open(bench)->current().position.sequence, 20);
}

void both_slots_damaged_is_said(void** state) {
  Workbench& bench = bench_of(state);
  store_three(bench);
  flip_byte(bench.path(kCheckpointName), slot_of(2) + 60);
  flip_byte(bench.path(kCheckpointName), slot_of(3) + 60);
  assert_int_equal(must_open(bench)->found_status().code(), StatusCode::kCorrupt);
}

void a_slot_on_a_bad_sector_leaves_the_other(void** state) {
  Workbench& bench = bench_of(state);
  store_three(bench);
  bench.files.set_fault([](const Call& call) {
    const std::uint64_t bad = slot_of(3);
    const bool is_hit = call.offset <= bad && bad < call.offset + call.count;
    return call.name == "read" && is_hit ? Status::io("bad sector") : Status();
  });
  assert_int_equal(must_open(bench)->current().position.sequence, 20);
}

void a_failed_store_leaves_the_one_before_it(void** state) {
  Workbench& bench = bench_of(state);
  store_three(bench);
  const auto file = must_open(bench);
  bench.files.set_fault([](const Call& call) {
    return call.name == "sync" ? Status::io("can't synchronise") : Status();
  });
  assert_false(file->store(at_sequence(40)).is_ok());
  assert_false(file->store(at_sequence(50)).is_ok());
  assert_int_equal(file->current().position.sequence, 30);
  // Both writes went to the other slot, not to the durable one.
  flip_byte(bench.path(kCheckpointName), slot_of(4) + 60);
  assert_int_equal(must_open(bench)->current().position.sequence, 30);
}

void a_newer_version_in_either_slot_is_refused(void** state) {
  Workbench& bench = bench_of(state);
  const std::string path = bench.path(kCheckpointName);
  for (const std::uint64_t generation : {2, 3}) {
    std::filesystem::remove(path);
    store_three(bench);
    ByteBuffer bytes = file_bytes(path);
    std::byte* const slot = bytes.data() + slot_of(generation);
    store_le(slot + 8, std::uint16_t{kFormatVersion + 1});
    store_le(slot + kCheckpointSlotBytes - 8,
             std::uint64_t{XXH3_64bits(slot, kCheckpointSlotBytes - 8)});
    put_file_bytes(path, bytes);
    const auto refused = CheckpointFile::open(bench.files, path);
    assert_int_equal(refused.code(), StatusCode::kRefuse);
    assert_non_null(strstr(refused.message().c_str(), path.c_str()));
    assert_non_null(strstr(refused.message().c_str(), "newer"));
  }
}

void without_room_it_opens_and_is_made_when_there_is(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_fault([](const Call& call) {
    return call.name == "open_or_create" ? Status::no_space("full") : Status();
  });
  const auto file = must_open(bench);
  assert_int_equal(file->store(at_sequence(5)).code(), StatusCode::kNoSpace);
  bench.files.set_fault({});
  assert_true(file->store(at_sequence(5)).is_ok());
  assert_int_equal(must_open(bench)->current().position.sequence, 5);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(a_fresh_file_holds_none),
      ON_MAPPED(a_file_that_was_only_reserved_is_a_fresh_one),
      ON_MAPPED(the_last_one_stored_comes_back),
      ON_MAPPED(either_slot_damaged_leaves_the_other),
      ON_MAPPED(both_slots_damaged_is_said),
      ON_MAPPED(a_slot_on_a_bad_sector_leaves_the_other),
      ON_MAPPED(a_failed_store_leaves_the_one_before_it),
      ON_MAPPED(a_newer_version_in_either_slot_is_refused),
      ON_MAPPED(without_room_it_opens_and_is_made_when_there_is),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
