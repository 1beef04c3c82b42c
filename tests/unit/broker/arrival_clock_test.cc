// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/arrival_clock.h"

#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::broker {
namespace {

constexpr std::int64_t kBuildMs = 1'700'000'000'000;  // 2023-11-14T22:13:20Z
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kYearMs = 365 * 24 * kHourMs;

struct Bench {
  explicit Bench(std::int64_t wall_ms, std::int64_t journal_ms = 0, bool is_steady = false)
      : machine(wall_ms),
        clock({.build_ms = kBuildMs, .journal_ms = journal_ms, .is_steady = is_steady}, machine,
              log) {
    check();
  }
  void check() {
    machine.advance_ms(ArrivalClock::kCheckIntervalMs);
    clock.check(machine.monotonic_ms());
  }
  test::FakeClock machine;
  test::RecordingLogger log;
  ArrivalClock clock;
};

void a_clock_that_can_be_right_is_followed_without_a_word(void**) {
  for (const bool is_steady : {false, true}) {
    Bench bench(kBuildMs + kHourMs, kBuildMs + kHourMs + 30'000, is_steady);
    for (int i = 0; i < 5; ++i) {
      assert_int_equal(bench.clock.now_ms(), bench.machine.wall_ms());
      bench.machine.step_wall_ms(i % 2 == 0 ? -10'000 : 20'000);
      bench.check();
    }
    assert_false(bench.clock.is_suspect());
    assert_int_equal(bench.log.count(""), 0);
  }
}

void a_start_in_1970_is_warned_of_once_until_it_is_over(void**) {
  Bench bench(5000);
  assert_true(bench.clock.is_suspect());
  for (int i = 0; i < 5; ++i) bench.check();
  assert_int_equal(bench.log.count(""), 1);
  assert_int_equal(bench.log.count("says 1970-01-01T00:00:06Z, before this plugin was built "
                                   "(2023-11-14T22:13:20Z)"),
                   1);
  assert_int_equal(bench.clock.now_ms(), bench.machine.wall_ms());
  bench.machine.step_wall_ms(kBuildMs);
  bench.check();
  assert_false(bench.clock.is_suspect());
  assert_int_equal(bench.log.count("which can be right; dates follow it again"), 1);
  assert_int_equal(bench.log.count(""), 2);
}

void steady_goes_on_from_the_newest_time_known(void**) {
  Bench bench(5000, kBuildMs + kHourMs, true);
  assert_int_equal(bench.log.count("dates continue from 2023-11-14T23:13:20Z (clock steady)"), 1);
  assert_int_equal(bench.clock.now_ms(), kBuildMs + kHourMs + ArrivalClock::kCheckIntervalMs);
  bench.machine.advance_ms(7000);
  assert_int_equal(bench.clock.now_ms(),
                   kBuildMs + kHourMs + ArrivalClock::kCheckIntervalMs + 7000);
  // It is right again at once, whenever it is checked.
  bench.machine.step_wall_ms(kBuildMs + kYearMs);
  assert_int_equal(bench.clock.now_ms(), bench.machine.wall_ms());
  // The clock falls back while it runs: the time continues from the last right one.
  bench.check();
  const std::int64_t right_ms = bench.machine.wall_ms();
  bench.machine.step_wall_ms(-right_ms);
  bench.machine.advance_ms(10);
  assert_int_equal(bench.clock.now_ms(), right_ms + 10);
}

void a_clock_before_the_newest_message_is_warned_of(void**) {
  Bench bench(kBuildMs + kHourMs, kBuildMs + 14 * kYearMs);
  assert_true(bench.clock.is_suspect());
  assert_int_equal(bench.log.count("before the newest message that arrived (2037-"), 1);
  assert_int_equal(bench.log.count("identifiers stay at that time until it has passed"), 1);
  assert_int_equal(bench.clock.now_ms(), bench.machine.wall_ms());
}

void what_arrives_while_the_clock_is_ahead_counts_when_it_is_set_back(void**) {
  Bench bench(kBuildMs + 14 * kYearMs);
  (void)bench.clock.now_ms();
  bench.machine.step_wall_ms(-13 * kYearMs);
  bench.check();
  assert_true(bench.clock.is_suspect());
  assert_int_equal(bench.log.count(""), 1);
}

void a_jump_of_more_than_an_hour_is_warned_of(void**) {
  Bench bench(kBuildMs + kYearMs);
  bench.machine.step_wall_ms(kHourMs);
  bench.check();
  assert_int_equal(bench.log.count(""), 0);
  bench.machine.step_wall_ms(2 * kHourMs);
  bench.check();
  assert_int_equal(bench.log.count("jumped by 7200 s"), 1);
  bench.machine.step_wall_ms(-2 * kHourMs);  // nothing arrived meanwhile
  bench.check();
  assert_int_equal(bench.log.count("jumped by -7200 s"), 1);
  assert_false(bench.clock.is_suspect());
  bench.machine.advance_ms(5 * kHourMs);  // time passes: no jump
  bench.check();
  assert_int_equal(bench.log.count(""), 2);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_clock_that_can_be_right_is_followed_without_a_word),
      cmocka_unit_test(a_start_in_1970_is_warned_of_once_until_it_is_over),
      cmocka_unit_test(steady_goes_on_from_the_newest_time_known),
      cmocka_unit_test(a_clock_before_the_newest_message_is_warned_of),
      cmocka_unit_test(what_arrives_while_the_clock_is_ahead_counts_when_it_is_set_back),
      cmocka_unit_test(a_jump_of_more_than_an_hour_is_warned_of),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
