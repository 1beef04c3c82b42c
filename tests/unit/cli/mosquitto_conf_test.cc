// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/mosquitto_conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/text.h"
#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

std::string folder;  // of one test

int set_up(void**) {
  std::string pattern = std::filesystem::current_path() / "mosquitto_conf-XXXXXX";
  folder = mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
  return folder.empty() ? -1 : 0;
}

int tear_down(void**) {
  std::filesystem::remove_all(folder);
  return 0;
}

std::string write(const std::string& name, const std::string& content) {
  const std::filesystem::path path = folder + "/" + name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

// "KEY=VALUE;" of each option, or what is wrong.
std::string read(const std::string& path) {
  const Result<PluginOptions> read = read_plugin_options(path);
  if (!read.is_ok()) return read.message();
  std::string all;
  for (const auto& [key, value] : read.value().settings) all += text(key, '=', value, ';');
  return all;
}

std::string read_text(const std::string& content) { return read(write("main.conf", content)); }

void assert_text(const std::string& found, const std::string& wanted) {
  assert_string_equal(found.c_str(), wanted.c_str());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void lines_are_read_as_mosquitto_reads_them(void**) {
  assert_text(read_text("# plugin mosquitto_mongo_store.so\r\n"
                        "listener 1883\r\n"
                        "\n"
                        "  plugin   /usr/lib/mosquitto_mongo_store.so\r\n"
                        "plugin_opt_topics  a/# b/# \r\n"
                        "  plugin_opt_mongo_uri \t mongodb://h/?a=b#c\n"
                        "#plugin_opt_collection c\n"
                        "auth_opt_database d"),
              "topics=a/# b/#;mongo_uri=mongodb://h/?a=b#c;database=d;");
}

void each_line_that_loads_the_plugin_counts(void**) {
  for (const char* line :
       {"plugin mosquitto_mongo_store.so", "auth_plugin /x/mosquitto_mongo_store.so",
        "global_plugin /x y/mosquitto_mongo_store.so",
        "plugin_load store /x/mosquitto_mongo_store.so"}) {
    assert_text(read_text(text(line, "\nplugin_opt_database d\n")), "database=d;");
  }
}

void options_of_other_plugins_are_left_out(void**) {
  assert_text(read_text("plugin /x/other.so\n"
                        "plugin_opt_database a\n"
                        "plugin /x/mosquitto_mongo_store.so\n"
                        "plugin_opt_database b\n"
                        "plugin /x/not_mosquitto_mongo_store.so\n"
                        "plugin_opt_database c\n"),
              "database=b;");
}

void an_option_below_plugin_use_belongs_to_the_plugin_of_that_name(void**) {
  assert_text(read_text("plugin_load store /x/mosquitto_mongo_store.so\n"
                        "plugin_load other /x/other.so\n"
                        "plugin_opt_database a\n"
                        "plugin_use store\n"
                        "plugin_opt_database b\n"
                        "plugin_use other\n"
                        "plugin_opt_database c\n"),
              "database=b;");
}

void included_files_are_read_in_mosquittos_order(void**) {
  write("conf.d/b.conf", "plugin_use store\nplugin_opt_database b\n");
  write("conf.d/A.conf", "plugin_load store mosquitto_mongo_store.so\nplugin_opt_topics t\n");
  write("conf.d/C.conf", "plugin_use store\nplugin_opt_collection c\n");
  write("conf.d/d.conf.dpkg-old", "plugin mosquitto_mongo_store.so\n");
  write("conf.d/.conf", "plugin mosquitto_mongo_store.so\n");
  assert_text(read_text(text("include_dir ", folder, "/conf.d\n")),
              "topics=t;database=b;collection=c;");
}

void an_included_file_has_plugin_lines_of_its_own(void**) {
  write("conf.d/a.conf", "plugin other.so\nplugin_opt_database a\n");
  assert_text(read_text(text("plugin mosquitto_mongo_store.so\ninclude_dir ", folder,
                             "/conf.d\nplugin_opt_database b\n")),
              "database=b;");
  write("conf.d/a.conf", "plugin_opt_mongo_password MARK\n");
  const std::string refusal =
      read_text(text("plugin mosquitto_mongo_store.so\ninclude_dir ", folder, "/conf.d\n"));
  assert_true(
      has(refusal, "a.conf\" line 1: this option comes before any plugin line of the file"));
  assert_false(has(refusal, "MARK"));
}

void only_the_main_file_includes_others(void**) {
  write("inner/a.conf", "plugin mosquitto_mongo_store.so\n");
  write("conf.d/a.conf", text("include_dir ", folder, "/inner\n"));
  const Result<PluginOptions> read =
      read_plugin_options(write("main.conf", text("include_dir ", folder, "/conf.d\n")));
  assert_true(read.code() == StatusCode::kAbsent);
}

void the_file_of_the_plugin_line_is_named(void**) {
  const std::string included = write("conf.d/a.conf", "plugin mosquitto_mongo_store.so\n");
  const std::string path = write("main.conf", text("include_dir ", folder, "/conf.d\n"));
  assert_text(read_plugin_options(path).value().file, included);
}

void no_plugin_line_is_told_from_an_empty_one(void**) {
  assert_text(read_text("plugin mosquitto_mongo_store.so\n"), "");
  const Result<PluginOptions> none = read_plugin_options(write("main.conf", "plugin other.so\n"));
  assert_true(none.code() == StatusCode::kAbsent);
  assert_text(none.message(), text("no plugin line of mosquitto_mongo_store.so in \"", folder,
                                   "/main.conf\" and its include_dirs"));
}

void a_second_plugin_line_is_rejected_with_both_places(void**) {
  write("conf.d/a.conf", "\nplugin mosquitto_mongo_store.so\n");
  const Result<PluginOptions> two = read_plugin_options(write(
      "main.conf", text("plugin mosquitto_mongo_store.so\ninclude_dir ", folder, "/conf.d\n")));
  assert_true(two.code() == StatusCode::kReject);
  assert_true(has(two.message(), "conf.d/a.conf\" line 2: a second plugin line"));
  assert_true(has(two.message(), "main.conf\" line 1; the broker accepts one"));
}

// If a tab replaces the space, the value is a part of the name.
void an_option_without_a_value_is_rejected_and_not_shown(void**) {
  for (const char* option : {"plugin_opt_mongo_password\tMARK", "plugin_opt_mongo_user  "}) {
    const std::string refusal = read_text(text("plugin mosquitto_mongo_store.so\n", option, "\n"));
    assert_true(
        has(refusal, "line 2: an option without a value; accepted: NAME, one space, VALUE"));
    assert_false(has(refusal, "MARK"));
  }
}

void what_is_no_file_can_not_be_read(void**) {
  const std::string pipe = folder + "/pipe";
  assert_int_equal(mkfifo(pipe.c_str(), 0600), 0);
  const std::string large = write("large", std::string(1024 * 1024 + 1, '#'));
  const std::pair<std::string, const char*> cases[] = {
      {folder + "/absent", "absent\" can't be read: No such file or directory"},
      {folder, "can't be read: it isn't a regular file"},
      {pipe, "pipe\" can't be read: it isn't a regular file"},
      {"/dev/zero", "can't be read: it isn't a regular file"},
      {large, "large\" can't be read: it is larger than 1 MiB"},
      {write("main.conf", "include_dir /nowhere\n"), "\"/nowhere\" can't be read: No such file"}};
  for (const auto& [path, reason] : cases) {
    const Result<PluginOptions> read = read_plugin_options(path);
    assert_true(read.code() == StatusCode::kIo);
    assert_true(has(read.message(), reason));
  }
}

void an_unreadable_file_does_not_matter_once_the_plugin_line_is_found(void**) {
  std::filesystem::create_directories(folder + "/conf.d/a.conf");
  write("conf.d/b.conf", "plugin mosquitto_mongo_store.so\nplugin_opt_database d\n");
  assert_text(read_text(text("include_dir ", folder, "/conf.d\n")), "database=d;");
  std::filesystem::remove(folder + "/conf.d/b.conf");
  assert_true(has(read_text(text("include_dir ", folder, "/conf.d\n")), "a.conf\" can't be read"));
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const CMUnitTest tests[] = {
      TEST(lines_are_read_as_mosquitto_reads_them),
      TEST(each_line_that_loads_the_plugin_counts),
      TEST(options_of_other_plugins_are_left_out),
      TEST(an_option_below_plugin_use_belongs_to_the_plugin_of_that_name),
      TEST(included_files_are_read_in_mosquittos_order),
      TEST(an_included_file_has_plugin_lines_of_its_own),
      TEST(only_the_main_file_includes_others),
      TEST(the_file_of_the_plugin_line_is_named),
      TEST(no_plugin_line_is_told_from_an_empty_one),
      TEST(a_second_plugin_line_is_rejected_with_both_places),
      TEST(an_option_without_a_value_is_rejected_and_not_shown),
      TEST(what_is_no_file_can_not_be_read),
      TEST(an_unreadable_file_does_not_matter_once_the_plugin_line_is_found),
  };
#undef TEST
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
