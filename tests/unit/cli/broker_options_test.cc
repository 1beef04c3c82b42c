// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/broker_options.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

const std::string kFile = "broker_options_test.conf";
const std::string kDefault = "broker_options_test.default.conf";

int set_up(void**) {
  std::ofstream(kFile) << "plugin mosquitto_mongo_store.so\nplugin_opt_database given\n";
  std::ofstream(kDefault) << "plugin mosquitto_mongo_store.so\nplugin_opt_database default\n";
  return 0;
}

int tear_down(void**) {
  std::filesystem::remove_all(kFile);
  std::filesystem::remove_all(kDefault);
  return 0;
}

CommandLine with_config(const std::string& path) {
  CommandLine line;
  line.own_flags = {"config"};
  line.config_file = path;
  return line;
}

CommandLine with_option(const std::string& key) {
  CommandLine line;
  line.settings = {{key, "x"}};
  return line;
}

// The database of the file that is read, "none" if no file is, or what is wrong.
std::string read(const CommandLine& line, const config::Environment& environment = {},
                 const std::string& default_file = kDefault) {
  const Result<PluginOptions> read = broker_options(line, environment, default_file);
  if (!read.is_ok()) return read.code() == StatusCode::kReject ? read.message() : "not kReject";
  return read.value().settings.empty() ? "none" : read.value().settings.front().value;
}

void assert_text(const std::string& found, const std::string& wanted) {
  assert_string_equal(found.c_str(), wanted.c_str());
}

void the_given_file_is_read_whatever_else_is_given(void**) {
  CommandLine line = with_config(kFile);
  line.settings = {{"mongo_uri", "h"}};
  assert_text(read(line, {{"MONGO_STORE_MONGO_URI", "h"}}), "given");
}

void the_default_file_is_read_unless_something_else_names_the_database(void**) {
  assert_text(read({}), "default");
  assert_text(read(with_option("collection"), {{"MONGO_STORE_DATABASE", "d"}}), "default");
  assert_text(read(with_option("mongo_uri")), "none");
  assert_text(read(with_option("mongo_uri_file")), "none");
  assert_text(read({}, {{"MONGO_STORE_MONGO_URI", "h"}}), "none");
  assert_text(read({}, {{"MONGO_STORE_MONGO_URI_FILE", "/f"}}), "none");
}

void a_default_file_that_is_missing_or_has_no_plugin_line_is_no_error(void**) {
  assert_text(read({}, {}, "/nowhere/mosquitto.conf"), "none");
  std::ofstream(kDefault) << "listener 1883\n";
  assert_text(read({}), "none");
}

void a_given_file_that_is_missing_or_has_no_plugin_line_is_rejected(void**) {
  constexpr const char* kAccepted = "; accepted: the mosquitto.conf that the broker starts with";
  assert_text(read(with_config("")),
              std::string("--config: \"\" can't be read: No such file or directory") + kAccepted);
  std::ofstream(kFile) << "listener 1883\n";
  assert_text(read(with_config(kFile)),
              "--config: no plugin line of mosquitto_mongo_store.so in \"" + kFile +
                  "\" and its include_dirs" + kAccepted);
}

void an_unreadable_default_file_matters_only_if_nothing_else_names_the_database(void**) {
  std::filesystem::remove(kDefault);
  std::filesystem::create_directory(kDefault);
  assert_text(read({}), "\"" + kDefault +
                            "\" can't be read: it isn't a regular file; with --mongo-uri or "
                            "--config this file isn't needed");
  assert_text(read(with_option("mongo_uri")), "none");
  assert_text(read(with_config(kFile)), "given");
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const CMUnitTest tests[] = {
      TEST(the_given_file_is_read_whatever_else_is_given),
      TEST(the_default_file_is_read_unless_something_else_names_the_database),
      TEST(a_default_file_that_is_missing_or_has_no_plugin_line_is_no_error),
      TEST(a_given_file_that_is_missing_or_has_no_plugin_line_is_rejected),
      TEST(an_unreadable_default_file_matters_only_if_nothing_else_names_the_database),
  };
#undef TEST
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
