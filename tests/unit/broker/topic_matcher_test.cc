// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/topic_matcher.h"

#include <string>
#include <vector>

#include "tests/support/cmocka.h"

namespace mongo_store::broker {
namespace {

bool matches(const std::vector<std::string>& filters, const char* topic) {
  return TopicMatcher(filters).matches(topic);
}

void a_subtree_has_its_name_and_all_below_it(void**) {
  for (const char* topic : {"device", "device/", "device/a", "device/a/b/c", "device//x"}) {
    assert_true(matches({"device/#"}, topic));
  }
}

void what_is_beside_a_subtree_is_left_alone(void**) {
  for (const char* topic : {"devices", "devices/x", "devic", "other/x", "/device/a", "$x/device/y",
                            "$SYS/device", "Device/a", "a/device/b"}) {
    assert_false(matches({"device/#"}, topic));
  }
}

void an_exact_filter_takes_that_topic_only(void**) {
  assert_true(matches({"device/a"}, "device/a"));
  for (const char* topic : {"device/a/", "device/a/b", "device", "device/ab"}) {
    assert_false(matches({"device/a"}, topic));
  }
}

void a_plus_stands_for_one_level(void**) {
  assert_true(matches({"device/+/value"}, "device/a/value"));
  assert_true(matches({"device/+/value"}, "device//value"));
  assert_false(matches({"device/+/value"}, "device/a/b/value"));
  assert_true(matches({"+/device/#"}, "site/device"));
  assert_true(matches({"+/device/#"}, "site/device/a/b"));
  assert_false(matches({"+/device/#"}, "site/other/device"));
}

void a_wildcard_at_the_front_takes_no_dollar_topic(void**) {
  assert_true(matches({"#"}, "anything/at/all"));
  assert_false(matches({"#"}, "$SYS/broker/uptime"));
  assert_false(matches({"+/device/y"}, "$x/device/y"));
}

void a_subtree_of_the_empty_name_begins_with_a_slash(void**) {
  assert_true(matches({"/#"}, "/"));
  assert_true(matches({"/#"}, "/a/b"));
  assert_false(matches({"/#"}, "a"));
  assert_false(matches({"/#"}, "$SYS"));
}

void one_of_several_filters_is_enough(void**) {
  const std::vector<std::string> filters = {"device/#", "sensor/+", "lamp"};
  assert_true(matches(filters, "lamp"));
  assert_true(matches(filters, "sensor/1"));
  assert_true(matches(filters, "device/1/2"));
  assert_false(matches(filters, "sensor/1/2"));
  assert_false(matches({}, "device/1"));
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_subtree_has_its_name_and_all_below_it),
      cmocka_unit_test(what_is_beside_a_subtree_is_left_alone),
      cmocka_unit_test(an_exact_filter_takes_that_topic_only),
      cmocka_unit_test(a_plus_stands_for_one_level),
      cmocka_unit_test(a_wildcard_at_the_front_takes_no_dollar_topic),
      cmocka_unit_test(a_subtree_of_the_empty_name_begins_with_a_slash),
      cmocka_unit_test(one_of_several_filters_is_enough),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
