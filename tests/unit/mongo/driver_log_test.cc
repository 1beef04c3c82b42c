// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/driver_log.h"

#include "mongo/handles.h"
#include "tests/support/cmocka.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::mongo {
namespace {

void lines_that_take_turns_are_logged_once_each(void**) {
  test::RecordingLogger logger;
  DriverLog log(logger);
  for (int retry = 0; retry < 3; ++retry) {
    log.log(LogLevel::kWarning, "Authentication failed");
    log.log(LogLevel::kWarning, "Failed authentication to 127.0.0.1");
  }
  assert_int_equal(logger.lines().size(), 2);
}

void another_line_is_logged(void**) {
  test::RecordingLogger logger;
  DriverLog log(logger);
  for (const char* line : {"a", "b", "c", "d", "e", "f"}) log.log(LogLevel::kWarning, line);
  assert_int_equal(logger.lines().size(), 6);
  assert_string_equal(logger.lines().back().text.c_str(), "f");
}

void a_failed_login_is_left_to_the_call_that_reports_it(void**) {
  test::RecordingLogger logger;
  const DriverLog log(logger);
  mongoc_log(MONGOC_LOG_LEVEL_WARNING, "cluster", "Failed authentication to h:1 (Bad.)");
  mongoc_log(MONGOC_LOG_LEVEL_WARNING, "cluster", "Failed otherwise");
  assert_int_equal(logger.lines().size(), 1);
  assert_int_equal(logger.count("Failed otherwise"), 1);
}

// An exception would pass through the driver's C code: its lock would stay locked, and this test
// would hang.
void a_line_that_finds_no_memory_is_dropped_and_the_next_one_is_logged(void**) {
  test::RecordingLogger logger;
  const DriverLog log(logger);
  logger.throw_on("no room for this");
  mongoc_log(MONGOC_LOG_LEVEL_WARNING, "test", "no room for this");
  mongoc_log(MONGOC_LOG_LEVEL_WARNING, "test", "and one more");
  assert_int_equal(logger.lines().size(), 1);
  assert_int_equal(logger.count("and one more"), 1);
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(lines_that_take_turns_are_logged_once_each),
      cmocka_unit_test(another_line_is_logged),
      cmocka_unit_test(a_failed_login_is_left_to_the_call_that_reports_it),
      cmocka_unit_test(a_line_that_finds_no_memory_is_dropped_and_the_next_one_is_logged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
