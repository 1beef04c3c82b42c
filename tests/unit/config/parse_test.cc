// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/parse.h"

#include <cstring>
#include <string>
#include <utility>

#include "config/option_table.h"
#include "tests/support/cmocka.h"
#include "tests/unit/config/file_fixture.h"
#include "tests/unit/config/parse_outcome.h"

namespace mongo_store::config {
namespace {

void assert_accepted(const Outcome& outcome) { assert_string_equal(outcome.message.c_str(), ""); }

void nothing_given_gives_the_defaults(void**) {
  const Outcome outcome = parsed({});
  assert_accepted(outcome);
  assert_true(outcome.warnings.empty());
  const Config& config = outcome.config;
  assert_int_equal(config.topics.size(), 1);
  assert_string_equal(config.topics[0].c_str(), "device/#");
  assert_string_equal(config.mongo_uri.c_str(), "mongodb://127.0.0.1:27017");
  assert_string_equal(config.database.c_str(), "mongogw");
  assert_string_equal(config.gateway_id.c_str(), "host-1");
  assert_int_equal(config.write_concern_nodes, 0);
  assert_int_equal(config.journal_sync_ms, 100);
  assert_int_equal(config.journal_max_bytes, 1 << 30);
  assert_int_equal(config.payload_max_bytes, 1 << 20);
  assert_int_equal(config.batch_max_bytes, 4 << 20);
  assert_int_equal(config.retry_max_ms, 10000);
  assert_false(config.has_metadata);
  assert_true(config.device_uid == DeviceUid::kPayload);
}

void a_database_in_the_uris_path_is_the_database(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"mongodb://h/telemetry", "telemetry"},
      {"a:1,b/telemetry?replicaSet=rs0", "telemetry"},
      {"mongodb+srv://u:p@a.b.c/tele%6Detry?w=majority", "telemetry"},
      {"mongodb://u:p@h/admin", "mongogw"},  // its users are there
      {"mongodb://h/?replicaSet=rs/telemetry", "mongogw"},
      {"mongodb://h?x=/telemetry", "mongogw"},
      {"mongodb://h/", "mongogw"},
      {"mongodb://u:1/telemetry@h", "mongogw"},  // refused by the driver
      {"mongodb://h/tele.metry", "mongogw"},     // refused by the driver
  };
  for (const auto& [uri, database] : cases) {
    const Outcome outcome = parsed({{"mongo_uri", uri}});
    assert_accepted(outcome);
    assert_string_equal(outcome.config.database.c_str(), database);
  }
}

void a_database_beside_another_one_in_the_uri_is_refused(void**) {
  assert_accepted(parsed({{"mongo_uri", "mongodb://h/telemetry"}, {"database", "telemetry"}}));
  assert_accepted(parsed({{"mongo_uri", "mongodb://h/admin"}, {"database", "telemetry"}}));
  const Outcome outcome =
      parsed({{"mongo_uri", "mongodb://u:hunter2@h/telemetry"}, {"database", "other"}});
  assert_non_null(strstr(outcome.message.c_str(),
                         "plugin_opt_database \"other\" differs from the database in mongo_uri, "
                         "\"telemetry\"; accepted: "));
  assert_null(strstr(outcome.message.c_str(), "hunter2"));
  const Outcome same =
      parsed({{"mongo_uri", "mongodb://h/t"}, {"collection", std::string(254, 'c')}});
  assert_non_null(strstr(same.message.c_str(), "database in mongo_uri \"t\""));
}

void each_kind_of_value_is_accepted(void**) {
  const Outcome outcome = parsed({{"topics", "  a/#   b/+/c \t d  "},
                                  {"mongo_uri", "db1:27017,db2:27017 "},
                                  {"write_concern", "2"},
                                  {"device_uid", "match"},
                                  {"number_type", "double"},
                                  {"metadata", "on\r"},
                                  {"journal_sync", "always"},
                                  {"journal_max_bytes", "16 MiB"},
                                  {"gateway_id", "Gerät 7"},
                                  {"mongo_auth_source", "$external"},
                                  {"batch_linger_ms", "0"}});
  assert_accepted(outcome);
  const Config& config = outcome.config;
  assert_int_equal(config.topics.size(), 3);
  assert_string_equal(config.topics[1].c_str(), "b/+/c");
  assert_string_equal(config.mongo_uri.c_str(), "mongodb://db1:27017,db2:27017");
  assert_int_equal(config.write_concern_nodes, 2);
  assert_true(config.device_uid == DeviceUid::kMatch);
  assert_true(config.number_type == NumberType::kDouble);
  assert_true(config.has_metadata);
  assert_int_equal(config.journal_sync_ms, 0);
  assert_int_equal(config.journal_max_bytes, 16 << 20);
  assert_string_equal(config.gateway_id.c_str(), "Gerät 7");
  assert_int_equal(config.batch_linger_ms, 0);
}

void each_bound_itself_is_accepted(void**) {
  for (const Option& option : all_options()) {
    if (option.kind != OptionKind::kInteger && option.kind != OptionKind::kMilliseconds &&
        option.kind != OptionKind::kSize && option.kind != OptionKind::kInterval) {
      continue;
    }
    const std::string unit = option.kind == OptionKind::kInterval ? "ms" : "";
    for (const std::uint64_t bound : {option.min, option.max}) {
      Settings settings = {{std::string(option.key), std::to_string(bound) + unit}};
      // The other option of the pair must allow the bound.
      if (option.key == "batch_max_bytes") settings.push_back({"payload_max_bytes", "1KiB"});
      if (option.key == "retry_min_ms") settings.push_back({"retry_max_ms", "600000"});
      if (option.key == "retry_max_ms") settings.push_back({"retry_min_ms", "10"});
      assert_accepted(parsed(settings));
    }
  }
}

void each_option_can_come_from_the_environment(void**) {
  for (const Option& option : all_options()) {
    const std::string value = good_value(option);
    const Outcome outcome = parsed({}, {{environment_name(option), value}});
    assert_accepted(outcome);
    assert_true(outcome.warnings.empty());
    const Outcome refused = parsed({}, {{environment_name(option), ""}});
    assert_true(has(refused.message, "environment variable " + environment_name(option)));
    assert_true(has(refused.message, "is empty"));
  }
}

void the_environment_wins_over_the_file(void**) {
  const Outcome outcome = parsed({{"database", "file"}, {"collection", "kept"}},
                                 {{"MONGO_STORE_DATABASE", " environment "}});
  assert_accepted(outcome);
  assert_string_equal(outcome.config.database.c_str(), "environment");
  assert_string_equal(outcome.config.collection.c_str(), "kept");
}

void a_flag_wins_over_the_environment(void**) {
  const Outcome outcome =
      parsed_flags({{"database", "flag"}},
                   {{"MONGO_STORE_DATABASE", "environment"}, {"MONGO_STORE_COLLECTION", "kept"}});
  assert_accepted(outcome);
  assert_string_equal(outcome.config.database.c_str(), "flag");
  assert_string_equal(outcome.config.collection.c_str(), "kept");
}

void plugin_options_of_a_program_give_way_to_environment_and_flags(void**) {
  const Outcome outcome =
      parsed_flags({{"database", "flag"}}, {{"MONGO_STORE_COLLECTION", "environment"}},
                   {{"database", "file"},
                    {"collection", "file"},
                    {"mongo_user", "file"},
                    {"mongo_password", "secret"}});
  assert_accepted(outcome);
  assert_string_equal(outcome.config.database.c_str(), "flag");
  assert_string_equal(outcome.config.collection.c_str(), "environment");
  assert_string_equal(outcome.config.mongo_user.c_str(), "file");
}

void a_variable_that_is_no_option_is_warned_of_without_its_value(void**) {
  const Outcome outcome = parsed({}, {{"MONGO_STORE_MONGO_PASWORD", "hunter2"},
                                      {"MONGO_STORE_PORT_27017_TCP", "tcp://10.0.0.1"},
                                      {"MONGO_STORE_database", "x"},
                                      {"MONGO_STORE_ROUTES_FILE", "/etc/routes"},
                                      {"OTHER", "x"}});
  assert_accepted(outcome);
  assert_int_equal(outcome.warnings.size(), 4);
  assert_true(has(outcome.lines(),
                  "environment variable MONGO_STORE_MONGO_PASWORD is not an option of this version "
                  "and is ignored; did you mean MONGO_STORE_MONGO_PASSWORD?"));
  assert_false(has(outcome.lines(), "hunter2"));
  assert_string_equal(outcome.config.database.c_str(), "mongogw");
}

void the_gateway_is_named_by_option_then_task_then_host(void**) {
  const Environment task = {{"MESOS_TASK_ID", "task.7"}};
  assert_string_equal(parsed({}, task).config.gateway_id.c_str(), "task.7");
  assert_string_equal(parsed({{"gateway_id", "own"}}, task).config.gateway_id.c_str(), "own");
  assert_string_equal(parsed({}, {{"MESOS_TASK_ID", ""}}).config.gateway_id.c_str(), "host-1");
  assert_true(has(parsed({}, {{"MESOS_TASK_ID", "a\nb"}}).message,
                  "gateway_id from environment variable MESOS_TASK_ID \"a\\x0ab\""));
  assert_true(has(parsed({}, {}, {""}).message, "gateway_id from the host name \"\" is empty"));
}

void secrets_come_from_files(void**) {
  const std::string uri = write_file(folder + "/uri", "mongodb://u:p@a:1\n");
  const std::string password = write_file(folder + "/password", " p w \r\n");
  const Outcome outcome = parsed({{"mongo_uri_file", uri}, {"mongo_password_file", password}});
  assert_accepted(outcome);
  assert_true(outcome.warnings.empty());
  assert_string_equal(outcome.config.mongo_uri.c_str(), "mongodb://u:p@a:1");
  assert_string_equal(outcome.config.mongo_uri_file.c_str(), uri.c_str());
  assert_string_equal(outcome.config.mongo_password.c_str(), " p w ");
  assert_string_equal(outcome.config.mongo_password_file.c_str(), password.c_str());
}

void of_an_option_and_its_file_the_stronger_source_counts(void**) {
  const std::string file = write_file(folder + "/secret", "from-file");
  Outcome outcome =
      parsed({{"mongo_password_file", file}}, {{"MONGO_STORE_MONGO_PASSWORD", "from-variable"}});
  assert_accepted(outcome);
  assert_string_equal(outcome.config.mongo_password.c_str(), "from-variable");
  assert_string_equal(outcome.config.mongo_password_file.c_str(), "");
  outcome =
      parsed({{"mongo_password", "from-option"}}, {{"MONGO_STORE_MONGO_PASSWORD_FILE", file}});
  assert_accepted(outcome);
  assert_string_equal(outcome.config.mongo_password.c_str(), "from-file");
  assert_string_equal(outcome.config.mongo_password_file.c_str(), file.c_str());
}

void what_makes_a_setting_doubtful_is_warned_of(void**) {
  const std::string open = write_file(folder + "/open", "a", 0644);
  Outcome outcome = parsed({{"mongo_password_file", open}});
  assert_accepted(outcome);
  assert_int_equal(outcome.warnings.size(), 1);
  assert_true(has(outcome.warnings[0], "plugin_opt_mongo_password_file"));
  assert_true(has(outcome.warnings[0], "open to every user"));

  outcome = parsed({{"write_concern", "1"}});
  assert_int_equal(outcome.warnings.size(), 1);
  assert_true(has(outcome.warnings[0], "turns off exactly-once delivery"));

  outcome = parsed_flags({{"mongo_uri", "mongodb://u:hunter2@a"}});
  assert_int_equal(outcome.warnings.size(), 1);
  assert_true(has(outcome.warnings[0], "--mongo-uri contains a password"));
  assert_false(has(outcome.lines(), "hunter2"));
  assert_true(parsed({{"mongo_uri", "mongodb://u:hunter2@a"}}).warnings.empty());
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_given_gives_the_defaults),
      cmocka_unit_test(a_database_in_the_uris_path_is_the_database),
      cmocka_unit_test(a_database_beside_another_one_in_the_uri_is_refused),
      cmocka_unit_test(each_kind_of_value_is_accepted),
      cmocka_unit_test(each_bound_itself_is_accepted),
      cmocka_unit_test(each_option_can_come_from_the_environment),
      cmocka_unit_test(the_environment_wins_over_the_file),
      cmocka_unit_test(a_flag_wins_over_the_environment),
      cmocka_unit_test(plugin_options_of_a_program_give_way_to_environment_and_flags),
      cmocka_unit_test(a_variable_that_is_no_option_is_warned_of_without_its_value),
      cmocka_unit_test(the_gateway_is_named_by_option_then_task_then_host),
      cmocka_unit_test(secrets_come_from_files),
      cmocka_unit_test(of_an_option_and_its_file_the_stronger_source_counts),
      cmocka_unit_test(what_makes_a_setting_doubtful_is_warned_of),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
