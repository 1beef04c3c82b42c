// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/call_watch.h"

#include <chrono>
#include <thread>

#include "tests/support/cmocka.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::broker {
namespace {

using std::chrono::milliseconds;

constexpr const char* kLine = "hasn't called it for";

void a_broker_that_never_calls_is_warned_of_once(void**) {
  test::RecordingLogger log;
  CallWatch watch(log);
  watch.start(milliseconds(1));
  for (int i = 0; i < 3000 && log.count(kLine) == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  watch.stop();
  assert_int_equal(log.count(kLine), 1);
}

void one_call_is_enough(void**) {
  test::RecordingLogger log;
  CallWatch watch(log);
  watch.note_call();
  watch.start(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(100));
  watch.stop();
  assert_int_equal(log.count(""), 0);
}

void a_stop_does_not_wait_for_the_verdict(void**) {
  test::RecordingLogger log;
  CallWatch watch(log);
  watch.start(std::chrono::hours(1));
  watch.stop();
  watch.stop();
  assert_int_equal(log.count(""), 0);
  CallWatch never_started(log);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_broker_that_never_calls_is_warned_of_once),
      cmocka_unit_test(one_call_is_enough),
      cmocka_unit_test(a_stop_does_not_wait_for_the_verdict),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
