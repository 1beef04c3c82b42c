// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/status_topic.h"

#include <cjson/cJSON.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"
#include "tests/support/fake_mosquitto.h"

namespace mongo_store::broker {
namespace {

using test::fake_mosquitto;

constexpr std::uint64_t kMost = 999'999'999'999'999;  // digits that are printed exactly

// The fixture frees everything that a test leaves, because a failed assertion skips destructors.
int set_up(void** state) {
  fake_mosquitto() = {};
  BalanceSheet sheet;
  sheet.journal = {kMost, {1, 2, 3, 4}, kMost - 10};
  sheet.broker = {26, 5, 6, 7, 8};
  StatusFacts facts;
  facts.gateway_id = "a \"gateway\"\n";
  facts.journal = "/var/lib/journal/0";
  facts.journal_bytes = 123;
  facts.journal_bytes_max = 456;
  facts.is_refusing = true;
  facts.is_clock_suspect = true;
  facts.time_ms = 1'700'000'000'123;
  const std::vector<metrics::Sample> samples = {
      {"batches_sent", "", metrics::MetricKind::kCounter, 42},
      {"waiting", "", metrics::MetricKind::kGauge, -3}};
  *state = cJSON_Parse(status_json(sheet, facts, samples).c_str());
  return *state == nullptr ? -1 : 0;
}
int tear_down(void** state) {
  cJSON_Delete(static_cast<cJSON*>(*state));
  return 0;
}

double number(void** state, const char* name) {
  return cJSON_GetNumberValue(cJSON_GetObjectItem(static_cast<cJSON*>(*state), name));
}
std::string word(void** state, const char* name) {
  const char* value = cJSON_GetStringValue(cJSON_GetObjectItem(static_cast<cJSON*>(*state), name));
  return value == nullptr ? "absent" : value;
}

void it_is_one_object_that_balances_exactly(void** state) {
  assert_true(number(state, "appended") == number(state, "stored") + number(state, "duplicates") +
                                               number(state, "dead_lettered") +
                                               number(state, "damaged") + number(state, "pending"));
  assert_true(number(state, "received") == number(state, "appended_since_start") +
                                               number(state, "refused") + number(state, "unkept") +
                                               number(state, "ignored"));
  assert_true(number(state, "appended") == static_cast<double>(kMost));
  assert_true(number(state, "damaged") == 4);
  assert_true(number(state, "unkept") == 7);
  assert_true(number(state, "ignored") == 8);
}

void it_says_who_and_where_and_when(void** state) {
  assert_string_equal(word(state, "gateway_id").c_str(), "a \"gateway\"\n");
  assert_string_equal(word(state, "journal").c_str(), "/var/lib/journal/0");
  assert_true(word(state, "version") != "absent");
  assert_true(number(state, "time_ms") == 1'700'000'000'123);
  assert_true(number(state, "journal_bytes") == 123);
  assert_true(number(state, "journal_bytes_max") == 456);
  assert_true(cJSON_IsTrue(cJSON_GetObjectItem(static_cast<cJSON*>(*state), "refusing")));
  assert_true(cJSON_IsTrue(cJSON_GetObjectItem(static_cast<cJSON*>(*state), "clock_suspect")));
}

void it_has_each_metric_and_no_name_twice(void** state) {
  assert_true(number(state, "batches_sent") == 42);
  assert_true(number(state, "waiting") == -3);
  std::vector<std::string> names;
  const cJSON* item = nullptr;
  cJSON_ArrayForEach(item, static_cast<cJSON*>(*state)) {
    for (const std::string& name : names) assert_string_not_equal(name.c_str(), item->string);
    names.emplace_back(item->string);
  }
}

void it_is_published_retained_to_all(void**) {
  publish_status("{}");
  publish_status("");  // no memory: nothing is better than an empty retained message
  assert_int_equal(fake_mosquitto().published.size(), 1);
  const auto& published = fake_mosquitto().published.front();
  assert_string_equal(published.topic.c_str(), "$SYS/broker/plugin/mongo_store");
  assert_string_equal(published.payload.c_str(), "{}");
  assert_int_equal(published.qos, 0);
  assert_true(published.is_retain && published.is_to_all);
}

}  // namespace
}  // namespace mongo_store::broker

#define WITH_STATUS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      WITH_STATUS(it_is_one_object_that_balances_exactly),
      WITH_STATUS(it_says_who_and_where_and_when),
      WITH_STATUS(it_has_each_metric_and_no_name_twice),
      WITH_STATUS(it_is_published_retained_to_all),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
