// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// What parse_config() and parse_flags() refuse, and what their lines say and don't say.
#include <set>

#include "base/text.h"
#include "config/option_table.h"
#include "config/parse.h"
#include "tests/support/cmocka.h"
#include "tests/unit/config/file_fixture.h"
#include "tests/unit/config/parse_outcome.h"

namespace mongo_store::config {
namespace {

constexpr const char* kMarker = "hunter2";

void assert_has(const std::string& text, const std::string& part) {
  if (!has(text, part)) print_message("[%s] doesn't contain [%s]\n", text.c_str(), part.c_str());
  assert_true(has(text, part));
}

struct Malformed {
  std::string key;
  std::string value;
};

std::vector<Malformed> malformed_values() {
  const std::string long_text(9000, 'x');
  std::string many_filters;
  for (int i = 0; i < 65; ++i) many_filters += "a ";
  return {{"topics", "device#"},
          {"topics", "a/#/b"},
          {"topics", "$SYS/#"},
          {"topics", many_filters},
          {"topics", std::string(1025, 'a')},
          {"topics", "a\xff"},
          {"mongo_uri", "http://a"},
          {"mongo_uri", long_text},
          {"mongo_uri", "mongodb://a\x01"},
          {"mongo_uri_file", "/nowhere/at/all"},
          {"mongo_uri_file", "/nowhere/"},
          {"mongo_user", long_text},
          {"mongo_user", "a\nb"},
          {"mongo_password", long_text},
          {"mongo_password", "a\x7f"},
          {"mongo_password_file", "/nowhere/at/all"},
          {"mongo_auth_source", "a/b"},
          {"mongo_tls_ca_file", "/nowhere/at/all"},
          {"mongo_tls_ca_file", "/dev/null"},
          {"mongo_tls_certificate_key_file", "/nowhere/at/all"},
          {"database", "a.b"},
          {"database", std::string(64, 'a')},
          {"collection", "system.users"},
          {"collection", "a$"},
          {"dead_letter_collection", "$a"},
          {"dead_letter_collection", long_text},
          {"gateway_id", std::string(257, 'a')},
          {"gateway_id", "a\tb"},
          {"retained", "skip"},
          {"device_uid", "Payload"},
          {"device_uid_level", "0"},
          {"device_uid_level", "33"},
          {"number_type", "int"},
          {"lenient", "yes"},
          {"metadata", "yes"},
          {"clock", "monotonic"},
          {"message_id", "seq"},
          {"message_id", "Payload:seq"},
          {"message_id", "payload:"},
          {"message_id", "payload:uuid"},
          {"message_id", "payload:value"},
          {"message_id", "property:"},
          {"message_id", "property:" + std::string(257, 'n')},
          {"message_id", "payload:" + std::string(257, 'n')},
          {"write_concern", "all"},
          {"write_concern", "0"},
          {"batch_max_documents", "1e3"},
          {"batch_max_bytes", "4M"},
          {"batch_linger_ms", "5ms"},
          {"delivery_threads", "two"},
          {"retry_min_ms", "-1"},
          {"retry_max_ms", ""},
          {"journal_dir", "relative/folder"},
          {"journal_sync", "100"},
          {"journal_sync", "never"},
          {"journal_max_bytes", "1GB"},
          {"payload_max_bytes", "1.5MiB"},
          {"shutdown_drain_ms", "5 s"}};
}

// Checks that the message is one line with the source's name for the option, the value unless it is
// secret, and what is accepted.
void assert_line(const Outcome& outcome, const Option& option, const std::string& label,
                 const std::string& value) {
  assert_false(outcome.is_accepted());
  assert_false(has(outcome.message, "\n"));
  if (outcome.message.rfind(label, 0) != 0) print_message("%s\n", outcome.message.c_str());
  assert_int_equal(outcome.message.rfind(label, 0), 0);
  assert_has(outcome.message, text("; accepted: ", accepted_text(option)));
  if (is_secret(option)) {
    assert_has(outcome.message, "(value not shown)");
  } else {
    assert_has(outcome.message, text("\"", escaped(value), "\""));
  }
}

void malformed_values_are_refused_from_every_source(void**) {
  std::set<std::string> keys;
  for (const auto& [key, value] : malformed_values()) {
    const Option& option = *find_option(key);
    keys.insert(key);
    assert_line(parsed({{key, value}}), option, plugin_option_name(option), value);
    assert_line(parsed({}, {{environment_name(option), value}}), option,
                "environment variable " + environment_name(option), value);
    assert_line(parsed_flags({{key, value}}), option, flag_name(option), value);
  }
  assert_int_equal(keys.size(), all_options().size());
}

void what_is_no_pem_file_is_refused(void**) {
  const auto message = [](const std::string& option, const std::string& content) {
    return parsed({{option, write_file(folder + "/pem", content)}}).message;
  };
  const std::string ca = "mongo_tls_ca_file";
  const std::string key = "mongo_tls_certificate_key_file";
  const std::string pem = read_file(write_good_pem("/first"));
  const std::size_t key_end = pem.find("-----BEGIN CERTIFICATE");
  const std::string other_pem = read_file(write_good_pem("/second"));
  assert_string_equal(message(ca, pem.substr(key_end)).c_str(), "");
  assert_string_equal(message(key, pem).c_str(), "");
  for (const std::string& content : {std::string(), std::string("root:x:0:0\n"),
                                     pem.substr(0, key_end), pem.substr(0, pem.size() - 40)}) {
    assert_has(message(ca, content),
               "contains no PEM certificate; accepted: the path of a readable");
    assert_has(message(key, content), "contains no PEM certificate; accepted: the path of a");
  }
  assert_has(message(key, pem.substr(key_end)), "contains no PEM private key");
  assert_has(
      message(key, pem.substr(0, key_end) + other_pem.substr(other_pem.find("-----BEGIN C"))),
      "contains a private key that doesn't match its certificate");
}

void numbers_outside_their_bounds_are_refused(void**) {
  int refused = 0;
  for (const Option& option : all_options()) {
    if (option.min == 0 && option.kind != OptionKind::kMilliseconds) continue;
    const std::string unit = option.kind == OptionKind::kInterval ? "ms" : "";
    std::vector<std::string> outside = {std::to_string(option.max + 1) + unit,
                                        "99999999999999999999999" + unit};
    if (option.min > 0) outside.push_back(std::to_string(option.min - 1) + unit);
    for (const std::string& value : outside) {
      const Outcome outcome = parsed({{std::string(option.key), value}});
      assert_line(outcome, option, plugin_option_name(option), value);
      assert_has(outcome.message, "is out of range");
      ++refused;
    }
  }
  assert_int_equal(refused, 12 * 3 - 2);
}

void an_option_given_twice_is_refused(void**) {
  for (const Option& option : all_options()) {
    const std::string value = good_value(option);
    const std::string key(option.key);
    const Outcome outcome = parsed({{key, value}, {"metadata", "on"}, {key, value}});
    if (option.key == "metadata") continue;
    assert_line(outcome, option, plugin_option_name(option), value);
    assert_has(outcome.message, "is given twice");
    assert_has(parsed_flags({{key, value}, {key, value}}).message, "is given twice");
  }
}

void an_unknown_key_is_refused_with_the_nearest_or_all(void**) {
  assert_string_equal(
      parsed({{"topic", "a/#"}}).message.c_str(),
      "plugin_opt_topic is not an option of this version; did you mean plugin_opt_topics?");
  assert_string_equal(parsed_flags({{"databse", "a"}}).message.c_str(),
                      "--databse is not an option of this version; did you mean --database?");
  for (const char* later : {"routes_file", "status_listen"}) {
    const std::string message = parsed({{later, "x"}}).message;
    assert_has(message,
               text("plugin_opt_", later, " is not an option of this version; accepted: "));
    for (const Option& option : all_options()) assert_has(message, std::string(option.key));
    // Mosquitto truncates log lines at 1000 bytes.
    assert_true(message.size() < 900);
  }
}

void values_that_do_not_agree_are_refused_with_both_named(void**) {
  const auto message = [](const Settings& settings) { return parsed(settings).message; };
  assert_string_equal(message({{"retry_min_ms", "500"}, {"retry_max_ms", "400"}}).c_str(),
                      "plugin_opt_retry_max_ms \"400\" is less than plugin_opt_retry_min_ms "
                      "\"500\"; accepted: retry_min_ms or more");
  assert_has(message({{"retry_min_ms", "20000"}}), "retry_max_ms (default) \"10000\" is less than");
  assert_has(message({{"batch_max_bytes", "64KiB"}}),
             "\"64KiB\" is less than payload_max_bytes (default) \"1MiB\"");
  assert_has(message({{"dead_letter_collection", "devices"}}), "is the same as collection");
  const std::string database(63, 'd');
  assert_string_equal(
      message({{"database", database}, {"collection", std::string(191, 'c')}}).c_str(), "");
  assert_has(message({{"database", database}, {"collection", std::string(192, 'c')}}),
             "is too long for plugin_opt_database");
  assert_has(message({{"database", database}, {"dead_letter_collection", std::string(192, 'c')}}),
             "plugin_opt_dead_letter_collection");
}

void an_option_and_its_file_together_are_refused(void**) {
  const std::string file = write_file(folder + "/both", kMarker);
  for (const std::string key : {"mongo_uri", "mongo_password"}) {
    const Outcome outcome = parsed({{key, kMarker}, {key + "_file", file}});
    assert_string_equal(outcome.message.c_str(), text("plugin_opt_", key, " and plugin_opt_", key,
                                                      "_file are both given; accepted: one of them")
                                                     .c_str());
  }
}

void bad_secret_files_are_refused_by_name(void**) {
  const std::string bad_uri = write_file(folder + "/bad-uri", text("http://u:", kMarker, "@a"));
  const std::string long_password = write_file(folder + "/long", std::string(1025, 'a'));
  const std::string two_lines = write_file(folder + "/lines", text(kMarker, "\n", kMarker, "\n"));
  const std::pair<std::string, std::string> cases[] = {{"mongo_uri_file", bad_uri},
                                                       {"mongo_password_file", long_password},
                                                       {"mongo_password_file", two_lines},
                                                       {"mongo_password_file", folder}};
  for (const auto& [key, path] : cases) {
    const Outcome outcome = parsed({{key, path}});
    assert_has(outcome.message, text("plugin_opt_", key, ": file \"", path, "\""));
    assert_has(outcome.message, "; accepted: ");
    assert_false(has(outcome.lines(), kMarker));
  }
}

// No line shows a secret, however it is given and whatever else is wrong.
void no_line_ever_holds_a_secret(void**) {
  const std::string file = write_file(folder + "/marker", text("\x01", kMarker), 0666);
  const std::string marker_uri = text("mongodb://u:", kMarker, "@a");
  const std::vector<std::string> values = {
      kMarker,
      marker_uri,
      text("http://u:", kMarker, "@a"),
      text(marker_uri, " x"),
      text(kMarker, "\x01"),
      text(kMarker, "\xff"),
      text(kMarker, std::string(9000, 'x')),
      text("mongodb://", kMarker, "\n"),
  };
  for (const Option& option : all_options()) {
    if (!is_secret(option)) continue;
    const std::string key(option.key);
    for (const std::string& value : values) {
      const Setting given = {key, value};
      const Outcome outcomes[] = {
          parsed({given}),
          parsed({given, given}),
          parsed({given, {key + "_file", file}}),
          parsed({given, {"topics", "#/#"}}),
          parsed({{text(key, "x"), value}}),
          parsed({{text(key, "=", value), "x"}}),
          parsed({{text(key, "\t", value), "x"}}),
          parsed({{"unrelated\t" + value, "x"}}),
          parsed({given}, {{environment_name(option), value}}),
          parsed({}, {{text(environment_name(option), "X"), value}}),
          parsed({}, {{text(environment_name(option), ".", value), value}}),
          parsed_flags({given}),
          parsed_flags({given, given}),
          parsed_flags({{text(key, "=", value), value}}),
      };
      for (const Outcome& outcome : outcomes) {
        if (has(outcome.lines(), kMarker)) print_message("%s\n", outcome.lines().c_str());
        assert_false(has(outcome.lines(), kMarker));
      }
    }
    assert_false(has(parsed({{key + "_file", file}}).lines(), kMarker));
  }
}

void a_key_after_a_tab_or_an_equals_sign_finds_the_one_meant(void**) {
  assert_string_equal(parsed({{"mongo_user\tbob", "x"}}).message.c_str(),
                      "plugin_opt_mongo_user... is not an option of this version; did you mean "
                      "plugin_opt_mongo_user?");
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(malformed_values_are_refused_from_every_source),
      cmocka_unit_test(what_is_no_pem_file_is_refused),
      cmocka_unit_test(numbers_outside_their_bounds_are_refused),
      cmocka_unit_test(an_option_given_twice_is_refused),
      cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest_or_all),
      cmocka_unit_test(values_that_do_not_agree_are_refused_with_both_named),
      cmocka_unit_test(an_option_and_its_file_together_are_refused),
      cmocka_unit_test(bad_secret_files_are_refused_by_name),
      cmocka_unit_test(no_line_ever_holds_a_secret),
      cmocka_unit_test(a_key_after_a_tab_or_an_equals_sign_finds_the_one_meant),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
