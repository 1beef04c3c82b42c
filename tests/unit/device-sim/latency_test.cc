// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/latency.h"

#include <cstdint>
#include <limits>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

using std::chrono::microseconds;

void without_latencies_all_is_zero(void**) {
  const Latency latency;
  assert_true(latency.is_empty());
  assert_int_equal(latency.quantile(0.99).count(), 0);
  assert_int_equal(latency.max().count(), 0);
}

void quantiles_are_at_most_a_sixteenth_above_the_truth(void**) {
  Latency latency;
  for (int us = 1; us <= 100000; ++us) latency.add(microseconds(us));
  for (const std::int64_t percent : {1, 25, 50, 75, 99, 100}) {
    const std::int64_t truth = 1000 * percent;
    assert_in_range(latency.quantile(static_cast<double>(percent) / 100.0).count(), truth,
                    truth + truth / 16);
  }
  assert_int_equal(latency.max().count(), 100000);
}

void small_latencies_are_exact(void**) {
  Latency latency;
  for (int us = 0; us < 10; ++us) latency.add(microseconds(us));
  assert_int_equal(latency.quantile(0.5).count(), 4);
  assert_int_equal(latency.quantile(1).count(), 9);
}

void no_quantile_is_above_the_maximum(void**) {
  Latency latency;
  latency.add(microseconds(1000001));
  assert_int_equal(latency.quantile(0.5).count(), 1000001);
}

void any_latency_has_a_place(void**) {
  Latency latency;
  latency.add(microseconds(std::numeric_limits<std::int64_t>::max()));
  latency.add(microseconds(-1));
  assert_int_equal(latency.quantile(0.5).count(), 0);
  assert_true(latency.quantile(1).count() == std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_latencies_all_is_zero),
      cmocka_unit_test(quantiles_are_at_most_a_sixteenth_above_the_truth),
      cmocka_unit_test(small_latencies_are_exact),
      cmocka_unit_test(no_quantile_is_above_the_maximum),
      cmocka_unit_test(any_latency_has_a_place),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
