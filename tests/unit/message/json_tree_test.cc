// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/json_tree.h"

#include <cstring>
#include <ctime>
#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

void assert_not_json(void** state, std::string_view payload) {
  assert_code(workbench(state).build(payload), RejectionCode::kInvalidJson);
}

void text_that_is_not_json_is_refused(void** state) {
  for (const char* payload :
       {"abc", "{", "}", "[1,]", R"({"uuid":"a","value":1,})", "{'uuid':'a','value':1}",
        R"({"uuid":"a" "value":1})", R"({"uuid":"a","value":NaN})",
        R"({"uuid":"a","value":Infinity})", R"({"uuid":"a","value":+1})",
        R"({"uuid":"a","value":.5})", R"({"uuid":"a","value":0x10})", R"({"uuid":"a","value":tru})",
        R"({"uuid":"a","value":"\x41"})", R"({"uuid":"a","value":})", R"({uuid:"a","value":1})",
        "   ", "]["}) {
    assert_not_json(state, payload);
  }
}

void text_after_the_value_is_refused(void** state) {
  const std::string good = R"({"uuid":"a","value":1})";
  for (const char* garbage : {"x", " x", "{}", ",", "]", "1", "\""}) {
    assert_not_json(state, good + garbage);
  }
  assert_code(workbench(state).build(good + " \r\n\t"), RejectionCode::kNone);
}

void half_a_surrogate_pair_is_refused(void** state) {
  for (const char* value :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"("\ud800\ud800")",
        R"("\udc00\ud800")", R"("\ud8")", R"({"\udfff":1})", R"("\ud800\uzzzz")"}) {
    assert_code(workbench(state).build_value(value), RejectionCode::kInvalidJson);
  }
  assert_string_equal(workbench(state).value_of(R"("\ud83d\ude00")"),
                      "{ \"v\" : \"\xf0\x9f\x98\x80\" }");
}

void the_offset_of_the_error_is_named(void** state) {
  assert_not_json(state, R"({"uuid":"a","value":tru})");
  const char* sentence = workbench(state).rejection.sentence.c_str();
  assert_string_equal(sentence,
                      "payload isn't valid JSON at byte 20, \"tru}\": expected one JSON object");
}

void a_sentence_shows_only_a_short_printable_excerpt(void** state) {
  assert_not_json(state, "{\"uuid\":\xc3\xa9\n" + std::string(1000, 'x'));
  const std::string& sentence = workbench(state).rejection.sentence;
  assert_true(sentence.size() < 200);
  for (const char c : sentence) assert_true(c >= 0x20 && c < 0x7f);
}

void the_last_of_equal_keys_counts(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(R"({"value":1,"uuid":"a","value":2,"uuid":"b","x":3,"value":4})"),
              RejectionCode::kNone);
  assert_non_null(
      std::strstr(bench.document_json(), R"("deviceUID" : "b", "value" : { "$numberInt" : "4" })"));
}

void the_last_of_equal_keys_counts_in_nested_objects_too(void** state) {
  assert_string_equal(
      workbench(state).value_of(R"([{"a":1,"b":{"c":[2,3],"c":4},"a":5,"A":6},7])"),
      R"({ "v" : [ { "b" : { "c" : { "$numberInt" : "4" } }, "a" : { "$numberInt" : "5" }, )"
      R"("A" : { "$numberInt" : "6" } }, { "$numberInt" : "7" } ] })");
}

void the_last_of_many_equal_keys_counts(void** state) {
  std::string value = "{";
  for (int i = 0; i < 1000; ++i) value.append("\"a\":").append(std::to_string(i)).append(",");
  assert_string_equal(
      workbench(state).value_of(value + "\"b\":0}"),
      R"({ "v" : { "a" : { "$numberInt" : "999" }, "b" : { "$numberInt" : "0" } } })");
}

void equal_keys_are_equal_once_unescaped(void** state) {
  assert_string_equal(workbench(state).value_of(R"({"a":1,"\u0061":2})"),
                      R"({ "v" : { "a" : { "$numberInt" : "2" } } })");
}

void keys_are_looked_up_with_their_case(void** state) {
  assert_code(workbench(state).build(R"({"UUID":"a","value":1})"), RejectionCode::kUuidMissing);
  assert_code(workbench(state).build(R"({"uuid":"a","Value":1})"), RejectionCode::kValueMissing);
}

// Sorting the keys takes a tenth of a second; comparing all pairs would take about a minute.
void many_keys_do_not_take_quadratic_time(void** state) {
  std::string value = "{";
  for (std::size_t i = 0; i < kValuesMax - 10; ++i) {
    value.append("\"").append(std::to_string(i % 60'000)).append("\":1,");
  }
  value.append("\"\":1}");
  const std::clock_t begin = std::clock();
  assert_code(workbench(state).build_value(value), RejectionCode::kNone);
  assert_true((std::clock() - begin) / CLOCKS_PER_SEC < 10);
}

void a_byte_order_mark_is_skipped(void** state) {
  assert_code(workbench(state).build("\xef\xbb\xbf{\"uuid\":\"a\",\"value\":1}"),
              RejectionCode::kNone);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      WORKBENCH_TEST(text_that_is_not_json_is_refused),
      WORKBENCH_TEST(text_after_the_value_is_refused),
      WORKBENCH_TEST(half_a_surrogate_pair_is_refused),
      WORKBENCH_TEST(the_offset_of_the_error_is_named),
      WORKBENCH_TEST(a_sentence_shows_only_a_short_printable_excerpt),
      WORKBENCH_TEST(the_last_of_equal_keys_counts),
      WORKBENCH_TEST(the_last_of_equal_keys_counts_in_nested_objects_too),
      WORKBENCH_TEST(the_last_of_many_equal_keys_counts),
      WORKBENCH_TEST(equal_keys_are_equal_once_unescaped),
      WORKBENCH_TEST(keys_are_looked_up_with_their_case),
      WORKBENCH_TEST(many_keys_do_not_take_quadratic_time),
      WORKBENCH_TEST(a_byte_order_mark_is_skipped),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
