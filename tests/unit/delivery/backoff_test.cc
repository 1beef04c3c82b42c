// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/backoff.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "tests/support/cmocka.h"

namespace mongo_store::delivery {
namespace {

void pauses_double_up_to_the_maximum_and_shrink_by_at_most_half(void**) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(100, 1000, seed);
    for (const std::int64_t step : {100, 200, 400, 800, 1000, 1000, 1000}) {
      const std::int64_t pause = backoff.next_ms();
      assert_in_range(pause, step / 2, step);
    }
  }
}

void pauses_differ_between_seeds(void**) {
  std::set<std::int64_t> pauses;
  for (std::uint32_t seed = 1; seed <= 50; ++seed)
    pauses.insert(Backoff(1000, 1000, seed).next_ms());
  assert_true(pauses.size() > 10);
}

void pauses_of_one_seed_spread_over_their_range(void**) {
  Backoff backoff(1000, 1000, 7);
  std::int64_t shortest = 1000;
  std::int64_t longest = 0;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t pause = backoff.next_ms();
    shortest = std::min(shortest, pause);
    longest = std::max(longest, pause);
  }
  assert_true(shortest < 600 && longest > 900);
}

void a_success_resets_the_pause(void**) {
  Backoff backoff(10, 100'000, 3);
  for (int i = 0; i < 10; ++i) (void)backoff.next_ms();
  backoff.reset();
  assert_in_range(backoff.next_ms(), 5, 10);
}

void a_maximum_below_the_minimum_counts_as_the_minimum(void**) {
  Backoff backoff(100, 1, 3);
  for (int i = 0; i < 10; ++i) assert_in_range(backoff.next_ms(), 50, 100);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(pauses_double_up_to_the_maximum_and_shrink_by_at_most_half),
      cmocka_unit_test(pauses_differ_between_seeds),
      cmocka_unit_test(pauses_of_one_seed_spread_over_their_range),
      cmocka_unit_test(a_success_resets_the_pause),
      cmocka_unit_test(a_maximum_below_the_minimum_counts_as_the_minimum),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
