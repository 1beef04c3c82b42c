// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "metrics/registry.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/support/cmocka.h"

namespace mongo_store::metrics {
namespace {

void a_snapshot_has_all_metrics_in_the_order_in_which_they_were_added(void**) {
  Registry registry;
  Counter& sent = registry.counter("sent", "how many were sent");
  Gauge& waiting = registry.gauge("waiting", "how many wait");
  sent.add();
  sent.add(4);
  waiting.set(9);
  waiting.set(-2);
  const std::vector<Sample> samples = registry.snapshot();
  assert_int_equal(samples.size(), 2);
  assert_true(samples[0].name == "sent" && samples[0].help == "how many were sent");
  assert_true(samples[0].kind == MetricKind::kCounter);
  assert_int_equal(samples[0].value, 5);
  assert_true(samples[1].name == "waiting" && samples[1].kind == MetricKind::kGauge);
  assert_int_equal(samples[1].value, -2);
}

void a_metric_stays_where_it_is_while_others_are_added(void**) {
  Registry registry;
  Counter& first = registry.counter("first", "");
  Gauge& gauge = registry.gauge("gauge", "");
  for (int i = 0; i < 1000; ++i) {
    registry.counter("more", "").add(7);
    registry.gauge("more", "").set(7);
  }
  first.add(3);
  gauge.set(4);
  assert_int_equal(registry.snapshot()[0].value, 3);
  assert_int_equal(registry.snapshot()[1].value, 4);
}

void counts_of_several_threads_add_up(void**) {
  Registry registry;
  Counter& counter = registry.counter("counter", "");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter] {
      for (int n = 0; n < 10'000; ++n) counter.add();
    });
  }
  std::int64_t highest = 0;
  for (int i = 0; i < 100; ++i) highest = std::max(highest, registry.snapshot()[0].value);
  for (std::thread& thread : threads) thread.join();
  assert_true(highest <= 40'000);
  assert_int_equal(counter.value(), 40'000);
}

}  // namespace
}  // namespace mongo_store::metrics

int main() {
  using namespace mongo_store::metrics;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_snapshot_has_all_metrics_in_the_order_in_which_they_were_added),
      cmocka_unit_test(a_metric_stays_where_it_is_while_others_are_added),
      cmocka_unit_test(counts_of_several_threads_add_up),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
