// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/summary.h"

#include "tests/support/cmocka.h"
#include "tests/unit/config/parse_outcome.h"

namespace mongo_store::config {
namespace {

void only_what_differs_from_the_defaults_is_told(void**) {
  assert_string_equal(summary(parsed({}).config).c_str(), "gateway_id=host-1");
  const Outcome outcome = parsed({{"topics", "a/# b/#"},
                                  {"journal_sync", "2000ms"},
                                  {"journal_max_bytes", "1073741824"},
                                  {"payload_max_bytes", "2048"},
                                  {"write_concern", "3"},
                                  {"metadata", "on"},
                                  {"gateway_id", "ü\"x"}});
  assert_string_equal(summary(outcome.config).c_str(),
                      "topics=\"a/# b/#\" payload_max_bytes=2KiB write_concern=3 "
                      "gateway_id=\\xc3\\xbc\\\"x metadata=on journal_sync=2s");
}

void secrets_are_hidden(void**) {
  const Outcome outcome = parsed(
      {{"mongo_uri", "mongodb://u:hunter2@a"}, {"mongo_user", "u"}, {"mongo_password", "hunter2"}});
  assert_string_equal(summary(outcome.config).c_str(),
                      "mongo_uri=*** mongo_user=u mongo_password=*** gateway_id=host-1");
}

void what_the_environment_gives_is_named_and_not_shown(void**) {
  assert_string_equal(environment_summary({{"PATH", "/bin"}}).c_str(), "");
  const Environment environment = {{"MONGO_STORE_METADATA", "on"},
                                   {"MONGO_STORE_MONGO_PASSWORD", "hunter2"},
                                   {"MONGO_STORE_NONE", "of ours"}};
  assert_string_equal(environment_summary(environment).c_str(), "mongo_password metadata");
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_what_differs_from_the_defaults_is_told),
      cmocka_unit_test(secrets_are_hidden),
      cmocka_unit_test(what_the_environment_gives_is_named_and_not_shown),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
