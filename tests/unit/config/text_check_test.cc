// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <string>

#include "config/message_id.h"
#include "config/mongo_name.h"
#include "config/mongo_uri.h"
#include "config/topic_filter.h"
#include "config/utf8.h"
#include "tests/support/cmocka.h"

namespace mongo_store::config {
namespace {

void topic_filters_follow_mqtt(void**) {
  for (const char* good : {"#", "+", "device/#", "+/+/#", "device/+/reading", "/", "a//b", "/#",
                           "$x/#", "$SYSTEM/a", "a b"}) {
    assert_string_equal(check_topic_filter(good).c_str(), "");
  }
  for (const char* bad : {"device#", "#/a", "device/#/a", "a/b#", "##", "a+", "+a/b", "a/b+/c",
                          "++", "$SYS/#", "$SYS", "$CONTROL/a", "$share/group/a"}) {
    if (check_topic_filter(bad).empty()) print_message("%s\n", bad);
    assert_string_not_equal(check_topic_filter(bad).c_str(), "");
  }
}

void names_follow_mongodb(void**) {
  for (const char bad : std::string("/\\. \"$*<>:|?")) {
    assert_string_not_equal(check_database_name(std::string("a") + bad).c_str(), "");
  }
  assert_string_equal(check_database_name("mongo-gw_1").c_str(), "");
  assert_string_equal(check_collection_name("devices.v1 <x>").c_str(), "");
  assert_string_equal(check_collection_name("a.system.b").c_str(), "");
  assert_string_equal(check_collection_name("systems").c_str(), "");
  assert_string_not_equal(check_collection_name("system.users").c_str(), "");
  assert_string_not_equal(check_collection_name("a$b").c_str(), "");
  assert_string_equal(check_auth_source("$external").c_str(), "");
  assert_string_not_equal(check_auth_source("$other").c_str(), "");
}

void a_message_id_is_off_or_in_a_field_or_in_a_property(void**) {
  assert_true(parse_message_id("off").source == MessageIdSource::kOff);
  const MessageId field = parse_message_id("payload:a:b c");
  assert_true(field.source == MessageIdSource::kPayload && field.name == "a:b c");
  const MessageId property = parse_message_id("property:uuid");
  assert_true(property.source == MessageIdSource::kProperty && property.name == "uuid");
  for (const std::string& good :
       {std::string("off"), std::string("payload:id"), std::string("property:value"),
        "property:" + std::string(kMessageIdNameBytesMax, 'n')}) {
    assert_string_equal(check_message_id(good).c_str(), "");
  }
}

void a_uri_has_a_scheme_of_mongodb_or_none(void**) {
  for (const char* good : {"mongodb://a", "mongodb+srv://a.b.c/?x=y", "a:27017,b:27017", "a",
                           "u:p@a:1/?replicaSet=rs0", "mongodb://%2Frun%2Fmongodb-27017.sock"}) {
    assert_string_equal(check_mongo_uri(good).c_str(), "");
  }
  for (const char* bad :
       {"http://a", "MONGODB://a", "mongodb://", "mongodb:///db", "a, b", "/db"}) {
    assert_string_not_equal(check_mongo_uri(bad).c_str(), "");
  }
  assert_string_equal(with_scheme("a:1,b:2").c_str(), "mongodb://a:1,b:2");
  assert_string_equal(with_scheme("mongodb+srv://a").c_str(), "mongodb+srv://a");
}

void a_password_in_a_uri_is_seen(void**) {
  assert_true(has_password("mongodb://u:p@a"));
  assert_true(has_password("u:p@a:1"));
  assert_false(has_password("mongodb://u@a:27017"));
  assert_false(has_password("mongodb://a:27017,b:27017"));
}

void only_printable_utf8_passes(void**) {
  for (const char* good : {"", "a b~", "\xc2\xa0", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    assert_true(is_printable_utf8(good));
  }
  const char* bad[] = {
      "\n",       "\x7f",     "\xc2\x85",        "\x80",         "\xc3",
      "\xc3(",    "\xc0\xaf", "\xe0\x80\xaf",    "\xed\xa0\x80", "\xf4\x90\x80\x80",
      "\xe2\x82", "\xff",     "\xf0\x8f\xbf\xbf"};
  for (const char* text : bad) assert_false(is_printable_utf8(text));
  assert_false(is_printable_utf8(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(topic_filters_follow_mqtt),
      cmocka_unit_test(names_follow_mongodb),
      cmocka_unit_test(a_message_id_is_off_or_in_a_field_or_in_a_property),
      cmocka_unit_test(a_uri_has_a_scheme_of_mongodb_or_none),
      cmocka_unit_test(a_password_in_a_uri_is_seen),
      cmocka_unit_test(only_printable_utf8_passes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
