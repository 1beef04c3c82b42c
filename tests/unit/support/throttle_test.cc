// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/throttle.h"

#include <chrono>
#include <thread>

#include "tests/support/cmocka.h"

namespace mongo_store::scripted {
namespace {

using Clock = std::chrono::steady_clock;

int admitted_at_once(Throttle& throttle, int asked) {
  int admitted = 0;
  for (int i = 0; i < asked; ++i) admitted += throttle.admits() ? 1 : 0;
  return admitted;
}

void one_second_may_pass_at_once(void**) {
  Throttle throttle(1000);
  const Clock::time_point start = Clock::now();
  const int admitted = admitted_at_once(throttle, 100'000);
  const std::chrono::duration<double> took = Clock::now() - start;
  assert_true(admitted >= 1000);
  assert_true(admitted <= 1001 + static_cast<int>(1000 * took.count()));
}

void room_comes_back_with_time(void**) {
  Throttle throttle(2);
  assert_int_equal(admitted_at_once(throttle, 2), 2);
  const Clock::time_point end = Clock::now() + std::chrono::seconds(20);
  bool is_admitted = false;
  while (!is_admitted && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    is_admitted = throttle.admits();
  }
  assert_true(is_admitted);
}

void none_pass_at_zero(void**) {
  Throttle throttle(0);
  assert_int_equal(admitted_at_once(throttle, 1000), 0);
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_second_may_pass_at_once),
      cmocka_unit_test(room_comes_back_with_time),
      cmocka_unit_test(none_pass_at_zero),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
