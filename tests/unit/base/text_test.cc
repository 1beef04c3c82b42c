// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/text.h"

#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store {
namespace {

void parts_are_joined(void**) {
  assert_string_equal(text("segment ", 3, ' ', std::string("at"), -1L).c_str(), "segment 3 at-1");
}

void what_a_device_sent_can_not_forge_a_log_line(void**) {
  assert_string_equal(escaped("a\nb\"\\\xff").c_str(), "a\\x0ab\\\"\\\\\\xff");
  assert_string_equal(escaped(R"({"uuid":"d1"})").c_str(), R"({\"uuid\":\"d1\"})");
  assert_string_equal(escaped(std::string(10, 'x'), 4).c_str(), "xxxx...");
}

}  // namespace
}  // namespace mongo_store

int main() {
  using namespace mongo_store;
  const CMUnitTest tests[] = {
      cmocka_unit_test(parts_are_joined),
      cmocka_unit_test(what_a_device_sent_can_not_forge_a_log_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
