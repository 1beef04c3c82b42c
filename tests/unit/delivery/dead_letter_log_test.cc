// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/dead_letter_log.h"

#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

struct Bench {
  void add(message::RejectionCode code) {
    message::Publish publish;
    publish.topic = "device/a\n";
    publish.client_id = "client-1";
    log.add(publish, {code, "field value is missing"});
  }
  test::FakeClock clock;
  test::RecordingLogger lines;
  DeadLetterLog log{clock, lines};
};

void the_first_is_logged_at_once_with_details(void**) {
  Bench bench;
  bench.add(message::RejectionCode::kValueMissing);
  assert_int_equal(bench.lines.lines().size(), 1);
  for (const char* part : {"value_missing", "topic device/a\\x0a", "client client-1",
                           "field value is missing", "mongo-store dead-letters list"}) {
    assert_int_equal(bench.lines.count(part), 1);
  }
}

void more_are_counted_by_reason_once_a_minute(void**) {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.add(message::RejectionCode::kValueMissing);
  for (int i = 0; i < 3; ++i) bench.add(message::RejectionCode::kInvalidJson);
  bench.clock.advance_ms(kMinuteMs - 1);
  bench.log.tick();
  assert_int_equal(bench.lines.lines().size(), 1);
  bench.clock.advance_ms(1);
  for (int i = 0; i < 5; ++i) bench.log.tick();
  assert_int_equal(bench.lines.lines().size(), 2);
  assert_int_equal(bench.lines.count("12 more messages became dead letters"), 1);
  assert_int_equal(bench.lines.count("invalid_json 3, value_missing 9"), 1);
}

void after_a_minute_without_any_the_next_is_logged_at_once(void**) {
  Bench bench;
  bench.add(message::RejectionCode::kValueMissing);
  bench.clock.advance_ms(kMinuteMs);
  bench.log.tick();
  assert_int_equal(bench.lines.lines().size(), 1);
  bench.add(message::RejectionCode::kInvalidJson);
  assert_int_equal(bench.lines.count("a message became a dead letter (invalid_json)"), 1);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_first_is_logged_at_once_with_details),
      cmocka_unit_test(more_are_counted_by_reason_once_a_minute),
      cmocka_unit_test(after_a_minute_without_any_the_next_is_logged_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
