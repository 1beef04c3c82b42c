// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/traffic_notices.h"

#include <string>

#include "tests/support/cmocka.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::broker {
namespace {

constexpr std::int64_t kStartMs = 5'000;
constexpr std::int64_t kLaterMs = kStartMs + TrafficNotices::kUnmatchedAfterMs;

void publishes_that_no_filter_matches_are_said_once_after_a_minute(void**) {
  TrafficNotices notices({"device/#", "plant/+"}, false, kStartMs);
  test::RecordingLogger log;
  notices.log_new(kLaterMs, 0, log);
  assert_int_equal(log.count("topics:"), 0);
  notices.note_unmatched("$SYS/broker/connection/a/state");
  notices.note_unmatched("sensors/\x07/a");
  notices.note_unmatched("sensors/b");
  notices.log_new(kLaterMs - 1, 0, log);
  assert_int_equal(log.count("topics:"), 0);
  for (int i = 0; i < 3; ++i) notices.log_new(kLaterMs, 0, log);
  assert_int_equal(
      log.count("the first one on \"sensors/\\x07/a\", but none matches device/# plant/+"), 1);
}

void a_long_topic_is_cut(void**) {
  TrafficNotices notices({"device/#"}, false, kStartMs);
  test::RecordingLogger log;
  notices.note_unmatched(std::string(1000, 'x').c_str());
  notices.log_new(kLaterMs, 0, log);
  assert_int_equal(log.count(std::string(128, 'x')), 1);
  assert_int_equal(log.count(std::string(129, 'x')), 0);
}

void where_one_matches_nothing_is_said_of_others(void**) {
  TrafficNotices notices({"device/#"}, false, kStartMs);
  test::RecordingLogger log;
  notices.note_unmatched("sensors/a");
  notices.log_new(kLaterMs, 1, log);
  assert_int_equal(log.count(""), 0);
}

void qos_2_without_message_ids_is_said_once(void**) {
  for (const bool has_message_ids : {false, true}) {
    TrafficNotices notices({"device/#"}, has_message_ids, kStartMs);
    test::RecordingLogger log;
    notices.log_new(kStartMs, 1, log);
    assert_int_equal(log.count(""), 0);
    notices.note_qos2();
    for (int i = 0; i < 3; ++i) notices.log_new(kStartMs, 1, log);
    assert_int_equal(log.count("QoS 2"), has_message_ids ? 0 : 1);
  }
}

void filters_that_can_hardly_match_are_warned_of(void**) {
  assert_true(filter_warnings({"device/#", "+/a", "plant/a", "#", "+"}).empty());
  const auto warnings = filter_warnings({"/device/#", "device"});
  assert_int_equal(warnings.size(), 2);
  assert_true(warnings[0].find("to match the others, leave the slash out: device/#") !=
              std::string::npos);
  assert_true(warnings[1].find("to match the topics below it, use device/#") != std::string::npos);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(publishes_that_no_filter_matches_are_said_once_after_a_minute),
      cmocka_unit_test(a_long_topic_is_cut),
      cmocka_unit_test(where_one_matches_nothing_is_said_of_others),
      cmocka_unit_test(qos_2_without_message_ids_is_said_once),
      cmocka_unit_test(filters_that_can_hardly_match_are_warned_of),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
