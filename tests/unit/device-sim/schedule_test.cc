// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/schedule.h"

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

constexpr TimePoint at(int second) { return TimePoint(std::chrono::seconds(second)); }

void devices_come_out_in_the_order_of_their_times_and_only_once(void**) {
  Schedule schedule(3);
  schedule.set(0, at(3));
  schedule.set(1, at(1));
  schedule.set(2, at(2));
  assert_true(schedule.next() == at(1));
  assert_true(schedule.take_due(at(2)) == (std::vector<std::size_t>{1, 2}));
  assert_true(schedule.take_due(at(2)).empty());
  assert_true(schedule.take_due(at(3)) == std::vector<std::size_t>{0});
  assert_true(schedule.next() == kNever);
}

void a_device_has_one_time_the_last_that_was_set(void**) {
  Schedule schedule(1);
  schedule.set(0, at(1));
  schedule.set(0, at(5));
  assert_true(schedule.take_due(at(4)).empty());
  schedule.set(0, kNever);
  assert_true(schedule.take_due(at(9)).empty());
}

void a_device_whose_time_came_can_be_set_to_the_same_time_again(void**) {
  Schedule schedule(1);
  schedule.set(0, at(1));
  schedule.take_due(at(1));
  schedule.set(0, at(1));
  assert_int_equal(schedule.take_due(at(1)).size(), 1);
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(devices_come_out_in_the_order_of_their_times_and_only_once),
      cmocka_unit_test(a_device_has_one_time_the_last_that_was_set),
      cmocka_unit_test(a_device_whose_time_came_can_be_set_to_the_same_time_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
