// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/summary.h"

#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

Tally tally_of(std::size_t devices, std::size_t connected, std::uint64_t acknowledged) {
  Tally tally;
  tally.devices = devices;
  tally.connected = tally.connections = connected;
  tally.sent = 10;
  tally.acknowledged = acknowledged;
  return tally;
}

void assert_says(const std::string& summary, const std::string& part) {
  const bool is_said = summary.find(part) != std::string::npos;
  if (!is_said) print_error("%s: %s\n", part.c_str(), summary.c_str());
  assert_true(is_said);
}

void a_device_that_never_was_connected_makes_a_run_incomplete(void**) {
  assert_true(tally_of(3, 3, 10).is_complete());
  assert_false(tally_of(3, 2, 10).is_complete());
  assert_false(tally_of(3, 0, 10).is_complete());
}

void a_message_without_acknowledgement_makes_a_run_incomplete(void**) {
  assert_false(tally_of(3, 3, 9).is_complete());
}

void devices_that_never_were_connected_are_counted_by_their_reason(void**) {
  Tally tally = tally_of(30, 12, 10);
  tally.never_connected = {{"Cannot assign requested address", 17}, {"no answer in time", 1}};
  const std::string text = summary_text(tally);
  assert_says(text, "connected       12\n");
  assert_says(text, "never connected 17 (Cannot assign requested address)\n");
  assert_says(text, "never connected 1 (no answer in time)\n");
  const std::string json = summary_json(tally);
  assert_says(json, R"("connected":12,"never_connected":18,)");
  assert_says(json, R"("never_connected_because":{"Cannot assign requested address":17,)");
}

void where_all_were_connected_no_reason_is_told(void**) {
  const std::string text = summary_text(tally_of(3, 3, 10));
  assert_true(text.find("never") == std::string::npos);
  assert_says(summary_json(tally_of(3, 3, 10)), R"("never_connected":0,"sent":10,)");
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_device_that_never_was_connected_makes_a_run_incomplete),
      cmocka_unit_test(a_message_without_acknowledgement_makes_a_run_incomplete),
      cmocka_unit_test(devices_that_never_were_connected_are_counted_by_their_reason),
      cmocka_unit_test(where_all_were_connected_no_reason_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
