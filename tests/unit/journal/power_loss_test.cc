// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <malloc.h>

#include <cstdint>
#include <string>

#include "tests/unit/journal/power_loss_machine.h"

namespace mongo_store::journal {
namespace {

constexpr std::int64_t kAlways = 0;
constexpr std::int64_t kInterval = 100;

template <Medium medium, std::int64_t sync_interval_ms>
int set_up(void** state) {
  *state = new Machine(medium, sync_interval_ms, 1);
  return 0;
}
int tear_down_machine(void** state) {
  delete static_cast<Machine*>(*state);
  return 0;
}
Machine& machine_of(void** state) { return *static_cast<Machine*>(*state); }

bool has_held(Machine& machine) {
  const std::string failure = machine.failure();
  if (!failure.empty()) print_message("%s\n", failure.c_str());
  return failure.empty();
}

// Covers appends, synchronisations, ends of segments, checkpoints and retirements.
void live(Machine& machine) {
  for (int round = 0; round < kScale.rounds; ++round) {
    assert_true(machine.append(12));
    assert_true(machine.synchronise());
    assert_true(machine.append(6));
    assert_true(machine.fill_segment());
    assert_true(machine.append(3));
    assert_true(machine.settle(round == 0 ? 12 : 28));  // into the second segment
    assert_true(machine.store_checkpoint());
  }
}

void whatever_was_promised_survives_a_power_loss_at_any_call(void** state) {
  Machine& machine = machine_of(state);
  machine.watch();
  assert_true(machine.open());
  live(machine);
  machine.close();
  assert_true(machine.open());
  assert_true(machine.append(5));
  machine.close();
  assert_true(has_held(machine));
  assert_true(machine.calls() > 60);
}

void a_start_after_a_power_loss_stands_another_one_at_any_call(void** state) {
  Machine& machine = machine_of(state);
  assert_true(machine.open());
  assert_true(machine.append(5));
  assert_true(machine.synchronise());
  for (std::uint64_t seed = 4; seed < 4 + kScale.starts; ++seed) {
    assert_true(machine.append(15));
    if (seed % 2 == 0) assert_true(machine.fill_segment());
    machine.lose_power(seed);
    machine.watch();
    assert_true(machine.open());
    assert_true(machine.append(2));
    assert_true(machine.synchronise());
    assert_true(machine.settle_all_but(10));
    assert_true(machine.store_checkpoint());
    assert_true(has_held(machine));
  }
}

void what_a_killed_process_left_is_synchronised_by_the_next_one(void** state) {
  Machine& machine = machine_of(state);
  assert_true(machine.open());
  for (int kills = 0; kills < 2; ++kills) {
    assert_true(machine.append(12));
    assert_true(machine.synchronise());
    assert_true(machine.append(6));
    assert_true(machine.fill_segment());
    assert_true(machine.append(3));
    machine.kill();
    assert_true(machine.open());
  }
  assert_true(machine.synchronise());
  machine.watch();
  assert_true(machine.append(2));
  assert_true(machine.synchronise());
  machine.close();
  assert_true(has_held(machine));
}

bool inherit_blocks(Machine& machine) {
  Machine before(Medium::kMappable, kInterval, 1 + kRecordsOfAMachine);
  if (!before.open() || !before.append(60)) return false;
  machine.inherit_blocks(before);
  return true;
}

void what_another_segment_left_on_the_device_is_never_a_record(void** state) {
  Machine& machine = machine_of(state);
  assert_true(inherit_blocks(machine));
  machine.watch();
  assert_true(machine.open());
  for (int i = 0; i < 10; ++i) {
    assert_true(machine.append(2));
    assert_true(machine.synchronise());
    assert_true(machine.append(4));
  }
  assert_true(has_held(machine));
}

#define ON_MACHINE(test, medium, sync) \
  { #test " (" #medium ", " #sync ")", test, set_up < medium, sync>, tear_down_machine, nullptr }

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  using enum Medium;
  // Whole segments are allocated all the time. Their memory shouldn't be returned to the kernel in
  // between.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const CMUnitTest tests[] = {
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kMappable, kAlways),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kMappable, kInterval),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kPlain, kAlways),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kPlain, kInterval),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kMappable, kAlways),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kMappable, kInterval),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kPlain, kInterval),
      ON_MACHINE(what_a_killed_process_left_is_synchronised_by_the_next_one, kMappable, kInterval),
      ON_MACHINE(what_a_killed_process_left_is_synchronised_by_the_next_one, kPlain, kInterval),
      ON_MACHINE(what_another_segment_left_on_the_device_is_never_a_record, kMappable, kInterval),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
