// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/payload.h"

#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

void assert_payload(Numbering numbering, std::size_t padding_bytes, const char* expected) {
  const std::string payload = payload_of("u-1", {23, 7}, numbering, padding_bytes);
  assert_string_equal(payload.c_str(), expected);
}

void without_a_number_it_is_uuid_and_value(void**) {
  assert_payload(Numbering::kNone, 0, R"({"uuid": "u-1", "value": 23})");
}

void a_number_beside_the_value_leaves_the_value_as_it_is(void**) {
  assert_payload(Numbering::kBesideValue, 0, R"({"uuid": "u-1", "value": 23, "sequence": 7})");
}

void an_audit_finds_the_number_in_the_value_too(void**) {
  assert_payload(Numbering::kInValueToo, 0,
                 R"({"uuid": "u-1", "value": {"reading": 23, "sequence": 7}, "sequence": 7})");
}

void padding_is_the_last_field(void**) {
  assert_payload(Numbering::kNone, 3, R"({"uuid": "u-1", "value": 23, "padding": "xxx"})");
  assert_payload(Numbering::kBesideValue, 1,
                 R"({"uuid": "u-1", "value": 23, "sequence": 7, "padding": "x"})");
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_a_number_it_is_uuid_and_value),
      cmocka_unit_test(a_number_beside_the_value_leaves_the_value_as_it_is),
      cmocka_unit_test(an_audit_finds_the_number_in_the_value_too),
      cmocka_unit_test(padding_is_the_last_field),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
