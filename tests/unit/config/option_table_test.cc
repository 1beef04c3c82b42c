// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/option_table.h"

#include <set>
#include <string>

#include "base/text.h"
#include "config/parse.h"
#include "config/value.h"
#include "tests/support/cmocka.h"

namespace mongo_store::config {
namespace {

// The keys and defaults that are promised to users.
constexpr std::string_view kPromised[][2] = {
    {"topics", "device/#"},
    {"retained", "store"},
    {"payload_max_bytes", "1MiB"},
    {"mongo_uri", "mongodb://127.0.0.1:27017"},
    {"mongo_uri_file", ""},
    {"mongo_user", ""},
    {"mongo_password", ""},
    {"mongo_password_file", ""},
    {"mongo_auth_source", ""},
    {"mongo_tls_ca_file", ""},
    {"mongo_tls_certificate_key_file", ""},
    {"write_concern", "majority"},
    {"database", "mongogw"},
    {"collection", "devices"},
    {"dead_letter_collection", "devices_dead_letter"},
    {"gateway_id", ""},
    {"device_uid", "payload"},
    {"device_uid_level", "2"},
    {"number_type", "auto"},
    {"lenient", "off"},
    {"metadata", "off"},
    {"clock", "system"},
    {"message_id", "off"},
    {"batch_max_documents", "1000"},
    {"batch_max_bytes", "4MiB"},
    {"batch_linger_ms", "5"},
    {"delivery_threads", "2"},
    {"retry_min_ms", "100"},
    {"retry_max_ms", "10000"},
    {"shutdown_drain_ms", "5000"},
    {"journal_dir", "/var/lib/mosquitto/mongo-store"},
    {"journal_sync", "100ms"},
    {"journal_max_bytes", "1GiB"},
};

void each_promised_option_is_there_with_its_default_and_no_other(void**) {
  assert_int_equal(all_options().size(), std::size(kPromised));
  for (const auto& [key, default_text] : kPromised) {
    const Option* option = find_option(key);
    const bool is_kept = option != nullptr && option->default_text == default_text;
    if (!is_kept) print_message("%s\n", std::string(key).c_str());
    assert_true(is_kept);
  }
}

void each_option_sets_a_member_of_its_own(void**) {
  std::set<std::string> changed;
  Config defaults;
  for (const Option& option : all_options()) {
    if (!option.default_text.empty()) set_value(option, option.default_text, defaults);
  }
  for (const Option& option : all_options()) {
    Config config = defaults;
    std::visit(
        [&](auto field) {
          using Value = std::remove_reference_t<decltype(config.*field)>;
          if constexpr (std::is_same_v<Value, std::string>) config.*field += "x";
          if constexpr (std::is_same_v<Value, std::vector<std::string>>) (config.*field) = {"x"};
          if constexpr (std::is_same_v<Value, bool>) config.*field = true;
          if constexpr (std::is_enum_v<Value>) config.*field = static_cast<Value>(1);
          if constexpr (std::is_integral_v<Value> && sizeof(Value) == 8) config.*field += 1;
        },
        option.field);
    for (const Option& other : all_options()) {
      const bool is_changed = value_text(other, config) != value_text(other, defaults);
      assert_int_equal(is_changed, &other == &option);
    }
  }
}

// Mosquitto rejects keys of fewer than three characters.
void mosquitto_accepts_each_key(void**) {
  for (const Option& option : all_options()) {
    assert_true(option.key.size() >= 3);
    assert_int_equal(option.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
                     std::string_view::npos);
    assert_false(option.help.empty());
    assert_true(option.help.ends_with('.'));
    assert_false(accepted_text(option).empty());
  }
}

void names_follow_from_the_key(void**) {
  const Option& option = *find_option("mongo_uri_file");
  assert_string_equal(plugin_option_name(option).c_str(), "plugin_opt_mongo_uri_file");
  assert_string_equal(environment_name(option).c_str(), "MONGO_STORE_MONGO_URI_FILE");
  assert_string_equal(flag_name(option).c_str(), "--mongo-uri-file");
}

void only_what_may_hold_a_password_is_secret(void**) {
  for (const Option& option : all_options()) {
    assert_int_equal(is_secret(option),
                     option.key == "mongo_uri" || option.key == "mongo_password");
  }
  assert_false(is_flag(*find_option("mongo_password")));
  assert_true(is_flag(*find_option("mongo_uri")));
}

void a_misspelt_key_finds_the_one_meant(void**) {
  assert_ptr_equal(nearest_option("mongo_pasword"), find_option("mongo_password"));
  assert_ptr_equal(nearest_option("topic"), find_option("topics"));
  assert_ptr_equal(nearest_option("journal_synch"), find_option("journal_sync"));
  assert_ptr_equal(nearest_option("metrics"), nullptr);
  assert_ptr_equal(nearest_option(""), nullptr);
  assert_ptr_equal(nearest_option(std::string(65, 'x')), nullptr);
}

void what_is_accepted_is_told_in_words(void**) {
  const auto accepted = [](std::string_view key) { return accepted_text(*find_option(key)); };
  assert_string_equal(accepted("delivery_threads").c_str(), "a whole number from 1 to 16 threads");
  assert_string_equal(accepted("payload_max_bytes").c_str(),
                      "a size from 1KiB to 2MiB, in bytes or with the suffix KiB, MiB, GiB or TiB");
  assert_string_equal(accepted("journal_sync").c_str(),
                      "always, or an interval from 10ms to 60s, with the unit ms or s");
  assert_string_equal(accepted("write_concern").c_str(),
                      "majority, or a whole number from 1 to 50 members of the replica set");
  assert_string_equal(accepted("metadata").c_str(), "off or on");
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_promised_option_is_there_with_its_default_and_no_other),
      cmocka_unit_test(each_option_sets_a_member_of_its_own),
      cmocka_unit_test(mosquitto_accepts_each_key),
      cmocka_unit_test(names_follow_from_the_key),
      cmocka_unit_test(only_what_may_hold_a_password_is_secret),
      cmocka_unit_test(a_misspelt_key_finds_the_one_meant),
      cmocka_unit_test(what_is_accepted_is_told_in_words),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
