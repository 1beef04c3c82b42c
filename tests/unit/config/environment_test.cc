// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/environment.h"

#include <unistd.h>

#include <cstdlib>

#include "tests/support/cmocka.h"

namespace mongo_store::config {
namespace {

void process_environment_returns_only_our_variables(void**) {
  setenv("MONGO_STORE_DATABASE", "a=b", 1);
  setenv("MESOS_TASK_ID", "task", 1);
  setenv("XMONGO_STORE_DATABASE", "x", 1);
  const Environment environment = process_environment();
  assert_string_equal(environment.at("MONGO_STORE_DATABASE").c_str(), "a=b");
  assert_string_equal(environment.at("MESOS_TASK_ID").c_str(), "task");
  assert_int_equal(environment.count("XMONGO_STORE_DATABASE"), 0);
  assert_int_equal(environment.count("PATH"), 0);
}

void the_host_has_its_name(void**) {
  char name[256] = {};
  assert_int_equal(gethostname(name, sizeof name - 1), 0);
  assert_string_equal(host_facts().host_name.c_str(), name);
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(process_environment_returns_only_our_variables),
      cmocka_unit_test(the_host_has_its_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
