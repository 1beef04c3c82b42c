// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/driver_log.h"

#include "tests/support/cmocka.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::mongo {
namespace {

void lines_that_take_turns_are_told_once_each(void**) {
  test::RecordingLogger logger;
  DriverLog log(logger);
  for (int retry = 0; retry < 3; ++retry) {
    log.tell(LogLevel::kWarning, "Authentication failed");
    log.tell(LogLevel::kWarning, "Failed authentication to 127.0.0.1");
  }
  assert_int_equal(logger.lines().size(), 2);
}

void another_line_is_told(void**) {
  test::RecordingLogger logger;
  DriverLog log(logger);
  for (const char* line : {"a", "b", "c", "d", "e", "f"}) log.tell(LogLevel::kWarning, line);
  assert_int_equal(logger.lines().size(), 6);
  assert_string_equal(logger.lines().back().text.c_str(), "f");
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(lines_that_take_turns_are_told_once_each),
      cmocka_unit_test(another_line_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
