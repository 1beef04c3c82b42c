// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/backoff.h"

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

void pauses_double_up_to_ten_seconds_and_start_again_after_a_reset(void**) {
  Random random(1);
  Backoff backoff;
  for (int round = 0; round < 100; ++round) {
    for (const int whole : {200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000}) {
      assert_in_range(backoff.next(random).count(), whole / 2, whole);
    }
    backoff.reset();
  }
}

void pauses_of_two_devices_differ(void**) {
  Random random(1);
  Backoff first;
  Backoff second;
  int differing = 0;
  for (int i = 0; i < 20; ++i) differing += first.next(random) != second.next(random) ? 1 : 0;
  assert_true(differing >= 18);
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(pauses_double_up_to_ten_seconds_and_start_again_after_a_reset),
      cmocka_unit_test(pauses_of_two_devices_differ),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
