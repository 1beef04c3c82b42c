// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/payload_check.h"

#include <cjson/cJSON.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

RejectionCode checked(std::string_view payload) {
  NumberTokens numbers;
  return check_payload(payload, false, &numbers).code;
}

void assert_checked(std::string_view payload, RejectionCode expected) {
  assert_code(checked(payload), expected);
}

void numbers_come_in_the_order_of_the_text(void**) {
  NumberTokens numbers;
  const std::string_view payload = R"({"a":[1,-2.5e+3,"7"],"8":{"b":0},"c":-0})";
  assert_true(check_payload(payload, false, &numbers).is_none());
  const NumberTokens expected = {"1", "-2.5e+3", "0", "-0"};
  assert_true(numbers == expected);
}

void malformed_numbers_are_refused(void**) {
  for (const char* number : {"0", "-0", "10", "0.5", "1e3", "1E+3", "1.25e-7", "-9"}) {
    assert_checked(number, RejectionCode::kNone);
  }
  for (const char* number : {"01", "-01", "1.", "1.e5", "-", "-.5", "1e", "1e+", "1.5.2", "1-2"}) {
    assert_checked(number, RejectionCode::kInvalidJson);
  }
}

void a_nul_is_found_in_every_form(void**) {
  assert_checked(std::string_view("{\"a\":\0}", 7), RejectionCode::kEmbeddedNul);
  assert_checked(std::string_view("{}\0", 3), RejectionCode::kEmbeddedNul);
  assert_checked(R"({"a":"abc\u0000def"})", RejectionCode::kEmbeddedNul);
  assert_checked(R"({"a\u0000b":1})", RejectionCode::kEmbeddedNul);
  assert_checked(R"({"a":"\\\u0000"})", RejectionCode::kEmbeddedNul);
}

void an_escaped_backslash_before_u0000_is_plain_text(void**) {
  assert_checked(R"({"a":"\\u0000"})", RejectionCode::kNone);
  assert_checked(R"({"a":"\u0001\u0010\u0100\u1000"})", RejectionCode::kNone);
}

void an_escape_without_four_digits_is_refused(void**) {
  for (const char* text :
       {R"("\uzzzz")", R"("\u00zz")", R"("\u12")", R"("\u-001")", R"("\u+012")", R"("\u 123")"}) {
    assert_checked(text, RejectionCode::kInvalidJson);
  }
  assert_checked("\"\\u123", RejectionCode::kInvalidJson);
  assert_checked("\"\\u", RejectionCode::kInvalidJson);
  assert_checked("\"\\", RejectionCode::kInvalidJson);
}

void text_that_is_not_utf8_is_refused(void**) {
  for (const char* text :
       {"\"\xff\"", "\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x80\xaf\"",
        "\"\xf0\x80\x80\xaf\"", "\"\xed\xa0\x80\"", "\"\xed\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
        "\"\xf8\x88\x80\x80\x80\"", "\"abc\xe2\x82", "\xe2", "\"\xe2\x28\xa1\""}) {
    assert_checked(text, RejectionCode::kInvalidUtf8);
  }
  assert_checked("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xef\xbf\xbf\"", RejectionCode::kNone);
}

void control_characters_are_refused(void**) {
  assert_checked("\"a\nb\"", RejectionCode::kInvalidJson);
  assert_checked("[\x01]", RejectionCode::kInvalidJson);
  assert_checked("[\v1]", RejectionCode::kInvalidJson);
  assert_checked(" \t\r\n[ 1 ] \n", RejectionCode::kNone);
}

void a_string_without_an_end_is_refused(void**) {
  assert_checked("\"abc", RejectionCode::kInvalidJson);
  assert_checked("{\"a\":\"b\\\"}", RejectionCode::kInvalidJson);
}

void an_empty_payload_is_refused(void**) {
  NumberTokens numbers;
  const Rejection rejection = check_payload({}, false, &numbers);
  assert_code(rejection.code, RejectionCode::kInvalidJson);
  assert_non_null(std::strstr(rejection.sentence.c_str(), "empty"));
}

void levels_are_counted_outside_strings(void**) {
  assert_checked(repeated("[", 100) + repeated("]", 100), RejectionCode::kNone);
  assert_checked(repeated("[", 101) + repeated("]", 101), RejectionCode::kTooDeep);
  assert_checked(repeated("{\"a\":", 100) + "1" + repeated("}", 100), RejectionCode::kNone);
  assert_checked(repeated("[{\"a\":", 50) + "[]" + repeated("}]", 50), RejectionCode::kTooDeep);
  assert_checked("\"" + repeated("[", 1000) + "\"", RejectionCode::kNone);
  assert_checked("[" + repeated("[],", 1000) + "[]]", RejectionCode::kNone);
  assert_checked(repeated("]", 200) + repeated("[", 100), RejectionCode::kNone);
}

std::string ones(std::size_t count) { return "[" + repeated("1,", count - 1) + "1]"; }

void values_are_counted(void**) {
  assert_checked(ones(kValuesMax - 1), RejectionCode::kNone);
  assert_checked(ones(kValuesMax), RejectionCode::kTooManyValues);
  assert_checked("[" + repeated("[],", kValuesMax) + "1]", RejectionCode::kTooManyValues);
  assert_checked(repeated("1 ", kValuesMax + 1), RejectionCode::kTooManyValues);
  assert_checked("\"" + repeated(",", 2 * kValuesMax) + "\"", RejectionCode::kNone);
}

std::size_t g_allocations = 0;
std::size_t g_bytes = 0;

void* counting_malloc(std::size_t bytes) {
  ++g_allocations;
  g_bytes += bytes;
  return std::malloc(bytes);
}

int count_allocations(void** state) {
  cJSON_Hooks hooks = {counting_malloc, std::free};
  cJSON_InitHooks(&hooks);
  g_allocations = g_bytes = 0;
  return make_workbench(state);
}

int stop_counting(void** state) {
  cJSON_InitHooks(nullptr);
  return drop_workbench(state);
}

void a_megabyte_of_ones_is_refused_without_a_tree(void** state) {
  const std::string value = ones(500'000);
  assert_code(workbench(state).build_value(value), RejectionCode::kTooManyValues);
  assert_int_equal(g_allocations, 0);
}

void the_largest_tree_takes_a_few_megabytes(void** state) {
  const std::string value = ones(kValuesMax - 3);
  assert_code(workbench(state).build_value(value), RejectionCode::kNone);
  assert_in_range(g_allocations, kValuesMax, 2 * kValuesMax);
  assert_true(g_bytes < std::size_t{6} << 20);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(numbers_come_in_the_order_of_the_text),
      cmocka_unit_test(malformed_numbers_are_refused),
      cmocka_unit_test(a_nul_is_found_in_every_form),
      cmocka_unit_test(an_escaped_backslash_before_u0000_is_plain_text),
      cmocka_unit_test(an_escape_without_four_digits_is_refused),
      cmocka_unit_test(text_that_is_not_utf8_is_refused),
      cmocka_unit_test(control_characters_are_refused),
      cmocka_unit_test(a_string_without_an_end_is_refused),
      cmocka_unit_test(an_empty_payload_is_refused),
      cmocka_unit_test(levels_are_counted_outside_strings),
      cmocka_unit_test(values_are_counted),
      cmocka_unit_test_setup_teardown(a_megabyte_of_ones_is_refused_without_a_tree,
                                      count_allocations, stop_counting),
      cmocka_unit_test_setup_teardown(the_largest_tree_takes_a_few_megabytes, count_allocations,
                                      stop_counting),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
