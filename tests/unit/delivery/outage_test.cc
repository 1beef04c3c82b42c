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

void begin_and_end_are_logged_once(void**) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.outage.begin(Status::retry("connection refused"));
    bench.clock.advance_ms(1000);
  }
  assert_int_equal(bench.log.lines().size(), 1);
  assert_int_equal(bench.log.count("doesn't accept documents: connection refused"), 1);
  for (int i = 0; i < 3; ++i) bench.outage.end();
  assert_int_equal(bench.log.lines().size(), 2);
  assert_int_equal(bench.log.count("accepts documents again, after 100 s"), 1);
}

void without_an_outage_nothing_is_logged(void**) {
  Bench bench;
  bench.outage.end();
  assert_true(bench.log.lines().empty());
}

void a_changed_reason_is_logged_at_most_once_a_minute(void**) {
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

void a_reason_that_needs_an_administrator_is_an_error(void**) {
  Bench bench;
  bench.outage.begin(Status::retry("away"));
  bench.outage.end();
  bench.outage.begin(Status::refuse("wrong password"));
  const auto lines = bench.log.lines();
  assert_true(lines.front().level == LogLevel::kWarning);
  assert_true(lines.back().level == LogLevel::kError);
}

void the_next_outage_is_logged_again(void**) {
  Bench bench;
  for (int i = 0; i < 2; ++i) {
    bench.outage.begin(Status::retry("away"));
    bench.outage.end();
  }
  assert_int_equal(bench.log.lines().size(), 4);
}

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

void a_reminder_with_the_backlog_is_logged_every_ten_minutes(void**) {
  test::FakeClock clock;
  test::RecordingLogger log;
  Backlog backlog{100, 12 * kMiB, 1024 * kMiB};
  Outage outage(kDocumentsOutage, clock, log, [&] { return backlog; });
  outage.begin(Status::retry("away"));
  for (int i = 0; i < 599; ++i) {
    clock.advance_ms(1000);
    outage.begin(Status::retry("away"));
  }
  assert_int_equal(log.lines().size(), 1);
  backlog = {60100, 32 * kMiB, 1024 * kMiB};
  for (int i = 0; i < 100; ++i) {
    clock.advance_ms(1000);
    outage.begin(Status::retry("away"));
  }
  assert_int_equal(log.lines().size(), 2);
  assert_int_equal(
      log.count("doesn't accept documents (for 10 min now): away; 60100 messages wait, the "
                "journal uses 33554432 of 1073741824 bytes and will be full in 8 h at the "
                "rate of the last 10 min"),
      1);
  clock.advance_ms(501'000);
  outage.begin(Status::retry("away"));
  assert_int_equal(
      log.count("(for 20 min now): away; 60100 messages wait, the journal uses 33554432 "
                "of 1073741824 bytes, not more than 10 min ago"),
      1);
  outage.end();
  outage.begin(Status::retry("away"));
  assert_int_equal(log.count("now"), 2);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(begin_and_end_are_logged_once),
      cmocka_unit_test(without_an_outage_nothing_is_logged),
      cmocka_unit_test(a_changed_reason_is_logged_at_most_once_a_minute),
      cmocka_unit_test(a_reason_that_needs_an_administrator_is_an_error),
      cmocka_unit_test(the_next_outage_is_logged_again),
      cmocka_unit_test(a_reminder_with_the_backlog_is_logged_every_ten_minutes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
