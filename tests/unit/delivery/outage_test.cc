// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/outage.h"

#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::delivery {
namespace {

struct Bench {
  test::FakeClock clock;
  test::RecordingLogger log;
  Outage outage{kDocumentsOutage, clock, log};
};

void it_is_told_once_when_it_begins_and_once_when_it_ends(void**) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.outage.begin(Status::retry("connection refused"));
    bench.clock.advance_ms(1000);
  }
  assert_int_equal(bench.log.lines().size(), 1);
  assert_int_equal(bench.log.count("doesn't take documents: connection refused"), 1);
  for (int i = 0; i < 3; ++i) bench.outage.end();
  assert_int_equal(bench.log.lines().size(), 2);
  assert_int_equal(bench.log.count("takes documents again, after 100 s"), 1);
}

void without_an_outage_nothing_is_told(void**) {
  Bench bench;
  bench.outage.end();
  assert_true(bench.log.lines().empty());
}

void another_reason_is_told_once_a_minute_at_most(void**) {
  Bench bench;
  for (int i = 0; i < 59; ++i) {
    bench.outage.begin(Status::retry(i % 2 == 0 ? "host a" : "host b"));
    bench.clock.advance_ms(1000);
  }
  assert_int_equal(bench.log.lines().size(), 1);
  bench.clock.advance_ms(1000);
  bench.outage.begin(Status::retry("host b"));
  assert_int_equal(bench.log.lines().size(), 2);
  assert_int_equal(bench.log.count("host b"), 1);
}

void what_only_a_person_can_mend_is_an_error(void**) {
  Bench bench;
  bench.outage.begin(Status::retry("away"));
  bench.outage.end();
  bench.outage.begin(Status::refuse("wrong password"));
  const auto lines = bench.log.lines();
  assert_true(lines.front().level == LogLevel::kWarning);
  assert_true(lines.back().level == LogLevel::kError);
}

void the_next_outage_is_told_again(void**) {
  Bench bench;
  for (int i = 0; i < 2; ++i) {
    bench.outage.begin(Status::retry("away"));
    bench.outage.end();
  }
  assert_int_equal(bench.log.lines().size(), 4);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_told_once_when_it_begins_and_once_when_it_ends),
      cmocka_unit_test(without_an_outage_nothing_is_told),
      cmocka_unit_test(another_reason_is_told_once_a_minute_at_most),
      cmocka_unit_test(what_only_a_person_can_mend_is_an_error),
      cmocka_unit_test(the_next_outage_is_told_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
