// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/object_id_generator.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/cmocka.h"

namespace mongo_store {
namespace {

constexpr std::int64_t kNowMs = 1'700'000'000'123;
constexpr std::int64_t kYearMs = std::int64_t{365} * 24 * 3600 * 1000;
constexpr std::uint32_t kNowSeconds = 1'700'000'000;
constexpr std::uint32_t kPerSecond = 1U << 24;

std::vector<std::byte> random_part(const ObjectId& id) {
  return {id.bytes.begin() + 4, id.bytes.begin() + 9};
}

void they_carry_the_second_of_their_time(void**) {
  ObjectIdGenerator ids({}, kNowMs);
  assert_int_equal(ids.next(kNowMs).seconds(), kNowSeconds);
  assert_int_equal(ids.next(kNowMs + 5000).seconds(), kNowSeconds + 5);
}

void more_than_two_to_the_24_in_one_second_rise_strictly(void**) {
  ObjectIdGenerator ids({}, kNowMs);
  ObjectId last = ids.next(kNowMs);
  std::uint32_t not_rising = 0;
  for (std::uint32_t i = 1; i < kPerSecond + 10; ++i) {
    const ObjectId id = ids.next(kNowMs);
    not_rising += id > last ? 0 : 1;
    last = id;
  }
  assert_int_equal(not_rising, 0);
  assert_int_equal(last.seconds(), kNowSeconds + 1);
  // The clock catches up with the borrowed seconds.
  assert_true(ids.next(kNowMs + 1000) > last);
  assert_int_equal(ids.next(kNowMs + 2000).seconds(), kNowSeconds + 2);
}

void a_clock_that_steps_by_a_year_back_and_forth_never_lets_them_fall(void**) {
  ObjectIdGenerator ids({}, kNowMs);
  const std::int64_t steps[] = {0, -kYearMs, 0, kYearMs, 0, -kYearMs, kYearMs, 2 * kYearMs, -1};
  ObjectId last = ids.next(kNowMs);
  for (const std::int64_t step : steps) {
    for (int i = 0; i < 3; ++i) {
      const ObjectId id = ids.next(kNowMs + step);
      assert_true(id > last);
      last = id;
    }
  }
}

void a_clock_before_1970_is_taken_for_1970(void**) {
  ObjectIdGenerator ids({}, -kYearMs);
  const ObjectId first = ids.next(-kYearMs);
  assert_int_equal(first.seconds(), 0);
  assert_true(ids.next(-kYearMs) > first);
}

void a_restart_in_the_same_second_goes_on_above_the_last(void**) {
  ObjectIdGenerator before({}, kNowMs);
  ObjectId last;
  for (int i = 0; i < 1000; ++i) last = before.next(kNowMs);
  for (int run = 0; run < 50; ++run) {  // a smaller random part must not matter
    ObjectIdGenerator after(last, kNowMs);
    const ObjectId id = after.next(kNowMs);
    assert_true(id > last);
    last = id;
  }
}

void a_start_with_the_last_in_the_future_goes_on_above_it(void**) {
  ObjectIdGenerator ahead({}, kNowMs + kYearMs);
  const ObjectId last = ahead.next(kNowMs + kYearMs);
  ObjectIdGenerator ids(last, kNowMs);
  const ObjectId first = ids.next(kNowMs);
  assert_true(first > last);
  assert_int_equal(first.seconds(), last.seconds() + 1);
  assert_true(ids.next(kNowMs + 1000) > first);
}

void a_start_long_after_the_last_begins_at_the_time_it_is(void**) {
  ObjectIdGenerator before({}, kNowMs);
  const ObjectId last = before.next(kNowMs);
  ObjectIdGenerator ids(last, kNowMs + kYearMs);
  assert_int_equal(ids.next(kNowMs + kYearMs).seconds(), kNowSeconds + kYearMs / 1000);
}

void the_random_part_is_fresh_at_each_start_and_stays_within_it(void**) {
  std::vector<std::vector<std::byte>> seen;
  for (int start = 0; start < 20; ++start) {
    ObjectIdGenerator ids({}, kNowMs);
    const auto part = random_part(ids.next(kNowMs));
    assert_true(part == random_part(ids.next(kNowMs + kYearMs)));
    assert_true(std::find(seen.begin(), seen.end(), part) == seen.end());
    seen.push_back(part);
  }
}

}  // namespace
}  // namespace mongo_store

int main() {
  using namespace mongo_store;
  const CMUnitTest tests[] = {
      cmocka_unit_test(they_carry_the_second_of_their_time),
      cmocka_unit_test(more_than_two_to_the_24_in_one_second_rise_strictly),
      cmocka_unit_test(a_clock_that_steps_by_a_year_back_and_forth_never_lets_them_fall),
      cmocka_unit_test(a_clock_before_1970_is_taken_for_1970),
      cmocka_unit_test(a_restart_in_the_same_second_goes_on_above_the_last),
      cmocka_unit_test(a_start_with_the_last_in_the_future_goes_on_above_it),
      cmocka_unit_test(a_start_long_after_the_last_begins_at_the_time_it_is),
      cmocka_unit_test(the_random_part_is_fresh_at_each_start_and_stays_within_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
