// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "tests/unit/message/workbench.h"

// The option `lenient`: payloads that become documents with it and dead letters without it.
namespace mongo_store::message {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGood = R"({"uuid":"d1","value":23})";

int make_lenient_workbench(void** state) {
  auto* bench = new Workbench;
  bench->context.routes[0].is_lenient = true;
  *state = bench;
  return 0;
}

void assert_lenient_only(Workbench& bench, std::string_view payload, RejectionCode strict) {
  bench.context.routes[0].is_lenient = false;
  assert_code(bench.build(payload), strict);
  bench.context.routes[0].is_lenient = true;
  assert_code(bench.build(payload), RejectionCode::kNone);
  assert_true(bench.is_valid());
}

void filler_after_the_object_is_accepted(void** state) {
  Workbench& bench = workbench(state);
  const std::string good(kGood);
  for (const std::string_view filler : {"\0"sv, "\0\0\0"sv, " \0\r\n\0"sv}) {
    assert_lenient_only(bench, good + std::string(filler), RejectionCode::kEmbeddedNul);
  }
  for (const std::string_view filler : {"\x1a"sv, "\n\x1a\x1a"sv, "\x04 \x7f"sv, "\x7f"sv}) {
    assert_lenient_only(bench, good + std::string(filler), RejectionCode::kInvalidJson);
  }
  assert_code(bench.build("\xef\xbb\xbf" + good + '\0'), RejectionCode::kNone);
}

void the_document_is_the_same_without_filler(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(kGood), RejectionCode::kNone);
  const std::string expected = bench.document_json();
  assert_code(bench.build(std::string(kGood) + std::string(3, '\0')), RejectionCode::kNone);
  assert_string_equal(bench.document_json(), expected.c_str());
}

void filler_without_an_object_is_refused(void** state) {
  for (const std::string_view payload : {""sv, "\0"sv, "\0\x1a \r\n"sv}) {
    assert_code(workbench(state).build(payload), RejectionCode::kInvalidJson);
  }
}

void a_second_object_is_never_lost_silently(void** state) {
  Workbench& bench = workbench(state);
  const std::string good(kGood);
  for (const char* between : {"", " ", "\n", ",", "\x1a"}) {
    assert_code(bench.build(good + between + good), RejectionCode::kInvalidJson);
  }
  assert_code(bench.build(good + '\0' + good), RejectionCode::kEmbeddedNul);
  assert_code(bench.build(good + '\0' + "\"value\":1}"), RejectionCode::kEmbeddedNul);
}

void nan_and_infinities_are_stored_as_null(void** state) {
  Workbench& bench = workbench(state);
  for (const char* token : {"NaN", "nan", "-nan", "NAN", "+nan", "Infinity", "-Infinity", "inf",
                            "-inf", "+INF", "iNfInItY"}) {
    assert_string_equal(bench.value_of(token), R"({ "v" : null })");
    assert_lenient_only(bench, R"({"uuid":"d1","value":)" + std::string(token) + "}",
                        RejectionCode::kInvalidJson);
  }
  bench.context.routes[0].number_type = NumberType::kDouble;
  assert_string_equal(bench.value_of("NaN"), R"({ "v" : null })");
}

// Each number keeps its own token.
void numbers_next_to_a_nan_stay_exact(void** state) {
  assert_string_equal(
      workbench(state).value_of(R"([1,NaN,9007199254740993,-inf,"NaN",1.0,{"NaN":nan}, 7 ])"),
      R"({ "v" : [ { "$numberInt" : "1" }, null, { "$numberLong" : "9007199254740993" }, null, )"
      R"("NaN", { "$numberDouble" : "1.0" }, { "NaN" : null }, { "$numberInt" : "7" } ] })");
}

void text_that_only_resembles_a_nan_is_refused(void** state) {
  for (const char* token : {"nano", "NaN1", "1NaN", "NaN NaN", "-", "+", "+1", "--nan", "- nan",
                            "in", "infin", "nan(ind)", "NaN.5", "infinity-1", "nul", "NaNnull"}) {
    assert_code(workbench(state).build_value(token), RejectionCode::kInvalidJson);
  }
  assert_code(workbench(state).build(R"({NaN:1,"uuid":"d1","value":1})"),
              RejectionCode::kInvalidJson);
  assert_code(workbench(state).build("NaN"), RejectionCode::kNotAnObject);
}

void integers_beyond_64_bits_are_doubles(void** state) {
  Workbench& bench = workbench(state);
  assert_string_equal(bench.value_of("9223372036854775807"),
                      R"({ "v" : { "$numberLong" : "9223372036854775807" } })");
  assert_string_equal(bench.value_of("9223372036854775808"),
                      R"({ "v" : { "$numberDouble" : "9223372036854775808.0" } })");
  assert_lenient_only(bench, R"({"uuid":"d1","value":[-9223372036854775809]})",
                      RejectionCode::kNumberOutOfRange);
  // It doesn't fit in a double either. Storing null would hide that it was a number.
  assert_code(bench.build_value("1e999"), RejectionCode::kNumberOutOfRange);
}

void text_that_is_not_stored_may_be_anything_except_nul(void** state) {
  Workbench& bench = workbench(state);
  for (const char* field : {"\"x\":\"21 \xb0"
                            "C\"",
                            "\"\xe4\":1", "\"x\":{\"\xff\":[\"\xfe\"]}"}) {
    const std::string payload = R"({"uuid":"d1",)" + std::string(field) + R"(,"value":23})";
    assert_lenient_only(bench, payload, RejectionCode::kInvalidUtf8);
    assert_null(std::strstr(bench.document_json(), "x"));
  }
  assert_code(bench.build(R"({"uuid":"d1","x":"\u0000","value":23})"), RejectionCode::kEmbeddedNul);
  assert_code(bench.build(R"({"uuid\u0000":"d2","uuid":"d1","value":23})"),
              RejectionCode::kEmbeddedNul);
}

void text_that_is_stored_must_be_utf8(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build("{\"uuid\":\"\xe4\",\"value\":1}"), RejectionCode::kInvalidUtf8);
  for (const char* value : {"\"\xb0\"", "[1,{\"a\":\"\xb0\"}]", "{\"\xb0\":1}", "\"\xc0\x80\"",
                            "\"\xed\xa0\x80\"", "{\"a\":{\"\xff\":NaN}}"}) {
    assert_code(bench.build_value(value), RejectionCode::kInvalidUtf8);
  }
  assert_code(bench.build("\xb0" + std::string(kGood)), RejectionCode::kInvalidJson);
}

void a_nan_is_not_a_message_id(void** state) {
  Workbench& bench = workbench(state);
  bench.context.routes[0].message_id_source = MessageIdSource::kPayload;
  bench.context.routes[0].message_id_name = "id";
  for (const char* id : {"NaN", "Infinity"}) {
    assert_code(bench.build(R"({"uuid":"d1","value":1,"id":)" + std::string(id) + "}"),
                RejectionCode::kMessageIdUnusable);
  }
}

void other_errors_are_unchanged(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build(R"({"uuid":"d1","value":01})"), RejectionCode::kInvalidJson);
  assert_code(bench.build("{\"uuid\":\"d1\",\"value\":\"a\nb\"}"), RejectionCode::kInvalidJson);
  assert_code(bench.build(R"({"uuid":NaN,"value":1})"), RejectionCode::kUuidNotAString);
  assert_code(bench.build(R"({"uuid":"d1"})"), RejectionCode::kValueMissing);
}

// Even a megabyte of the characters that it looks for is scanned only once.
void the_work_is_bounded_by_the_length(void** state) {
  Workbench& bench = workbench(state);
  const std::size_t megabyte = std::size_t{1} << 20;
  const std::clock_t begin = std::clock();
  (void)bench.build(std::string(megabyte, '\0'));
  (void)bench.build(std::string(kGood) + std::string(megabyte - kGood.size(), '\x1a'));
  (void)bench.build(std::string(megabyte, 'n'));
  (void)bench.build(std::string(megabyte, '-'));
  (void)bench.build_value("[" + repeated("-infinity,", 60'000) + "nan]");
  assert_code(bench.build_value("[" + repeated("nan,", 70'000) + "nan]"),
              RejectionCode::kTooManyValues);
  assert_true(std::clock() - begin < 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace mongo_store::message

#define LENIENT_TEST(name) \
  cmocka_unit_test_setup_teardown(name, make_lenient_workbench, drop_workbench)

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      LENIENT_TEST(filler_after_the_object_is_accepted),
      LENIENT_TEST(the_document_is_the_same_without_filler),
      LENIENT_TEST(filler_without_an_object_is_refused),
      LENIENT_TEST(a_second_object_is_never_lost_silently),
      LENIENT_TEST(nan_and_infinities_are_stored_as_null),
      LENIENT_TEST(numbers_next_to_a_nan_stay_exact),
      LENIENT_TEST(text_that_only_resembles_a_nan_is_refused),
      LENIENT_TEST(integers_beyond_64_bits_are_doubles),
      LENIENT_TEST(text_that_is_not_stored_may_be_anything_except_nul),
      LENIENT_TEST(text_that_is_stored_must_be_utf8),
      LENIENT_TEST(a_nan_is_not_a_message_id),
      LENIENT_TEST(other_errors_are_unchanged),
      LENIENT_TEST(the_work_is_bounded_by_the_length),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
