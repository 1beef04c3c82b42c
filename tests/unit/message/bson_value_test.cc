// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/bson_value.h"

#include <cstring>
#include <string>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

void assert_value(void** state, std::string_view json, const char* expected) {
  assert_string_equal(workbench(state).value_of(json), expected);
}

void integers_are_exact(void** state) {
  assert_value(state, "0", R"({ "v" : { "$numberInt" : "0" } })");
  assert_value(state, "-0", R"({ "v" : { "$numberInt" : "0" } })");
  assert_value(state, "2147483647", R"({ "v" : { "$numberInt" : "2147483647" } })");
  assert_value(state, "2147483648", R"({ "v" : { "$numberLong" : "2147483648" } })");
  assert_value(state, "-2147483648", R"({ "v" : { "$numberInt" : "-2147483648" } })");
  assert_value(state, "-2147483649", R"({ "v" : { "$numberLong" : "-2147483649" } })");
  assert_value(state, "9007199254740993", R"({ "v" : { "$numberLong" : "9007199254740993" } })");
  assert_value(state, "9223372036854775807",
               R"({ "v" : { "$numberLong" : "9223372036854775807" } })");
  assert_value(state, "-9223372036854775808",
               R"({ "v" : { "$numberLong" : "-9223372036854775808" } })");
}

void integers_beyond_64_bits_are_refused(void** state) {
  for (const char* value : {"9223372036854775808", "-9223372036854775809", "18446744073709551615",
                            "[1,{\"a\":100000000000000000000}]"}) {
    assert_code(workbench(state).build_value(value), RejectionCode::kNumberOutOfRange);
  }
}

void the_refused_number_and_its_offset_are_named(void** state) {
  assert_code(workbench(state).build_value("[1,2,9223372036854775808]"),
              RejectionCode::kNumberOutOfRange);
  assert_non_null(std::strstr(workbench(state).rejection.sentence.c_str(),
                              "\"9223372036854775808\" at byte 26"));
}

void fractions_and_exponents_make_doubles(void** state) {
  assert_value(state, "1.0", R"({ "v" : { "$numberDouble" : "1.0" } })");
  assert_value(state, "1e3", R"({ "v" : { "$numberDouble" : "1000.0" } })");
  assert_value(state, "1E3", R"({ "v" : { "$numberDouble" : "1000.0" } })");
  assert_value(state, "-2.5E-1", R"({ "v" : { "$numberDouble" : "-0.25" } })");
  assert_value(state, "1e-400", R"({ "v" : { "$numberDouble" : "0.0" } })");
  assert_value(state, "9007199254740993.0",
               R"({ "v" : { "$numberDouble" : "9007199254740992.0" } })");
}

void infinities_are_refused(void** state) {
  for (const NumberType type : {NumberType::kAuto, NumberType::kDouble}) {
    workbench(state).context.routes[0].number_type = type;
    assert_code(workbench(state).build_value("1e999"), RejectionCode::kNumberOutOfRange);
    assert_code(workbench(state).build_value("[-1e999]"), RejectionCode::kNumberOutOfRange);
  }
  workbench(state).context.routes[0].number_type = NumberType::kDouble;
  assert_code(workbench(state).build_value(repeated("9", 400)), RejectionCode::kNumberOutOfRange);
}

void a_number_that_is_not_stored_may_be_out_of_range(void** state) {
  assert_code(workbench(state).build(R"({"x":1e999,"uuid":"d1","value":1e999,"value":3})"),
              RejectionCode::kNone);
}

void under_double_every_number_is_a_double(void** state) {
  workbench(state).context.routes[0].number_type = NumberType::kDouble;
  assert_value(state, "[1,-0,9223372036854775808,1.5]",
               R"({ "v" : [ { "$numberDouble" : "1.0" }, { "$numberDouble" : "-0.0" }, )"
               R"({ "$numberDouble" : "9223372036854775808.0" }, { "$numberDouble" : "1.5" } ] })");
}

void each_type_is_kept(void** state) {
  assert_value(state, "\"text\"", R"({ "v" : "text" })");
  assert_value(state, "\"\"", R"({ "v" : "" })");
  assert_value(state, "true", R"({ "v" : true })");
  assert_value(state, "false", R"({ "v" : false })");
  assert_value(state, "null", R"({ "v" : null })");
  assert_value(state, "{}", R"({ "v" : { } })");
  assert_value(state, "[]", R"({ "v" : [ ] })");
}

void types_are_kept_nested_and_in_order(void** state) {
  assert_value(state, R"({"z":[null,{"y":"s"},[true]],"a":{"m":2.5,"b":[]},"c":1})",
               R"({ "v" : { "z" : [ null, { "y" : "s" }, [ true ] ], )"
               R"("a" : { "m" : { "$numberDouble" : "2.5" }, "b" : [ ] }, )"
               R"("c" : { "$numberInt" : "1" } } })");
  assert_true(workbench(state).is_valid());
}

void array_indexes_are_keys_in_order(void** state) {
  std::string value = "[0";
  for (int i = 1; i < 1200; ++i) value.append(",").append(std::to_string(i));
  assert_code(workbench(state).build_value(value + "]"), RejectionCode::kNone);
  bson_iter_t array;
  bson_iter_t element;
  assert_true(bson_iter_init_find(&array, &workbench(state).document, "value"));
  assert_true(bson_iter_recurse(&array, &element));
  for (int i = 0; i < 1200; ++i) {
    assert_true(bson_iter_next(&element));
    assert_string_equal(bson_iter_key(&element), std::to_string(i).c_str());
    assert_int_equal(bson_iter_int32(&element), i);
  }
}

void odd_keys_are_kept(void** state) {
  assert_value(state, R"({"a.b":1,"$c":true,"":null})",
               R"({ "v" : { "a.b" : { "$numberInt" : "1" }, "$c" : true, "" : null } })");
}

void escapes_are_resolved(void** state) {
  assert_code(workbench(state).build_value(R"("\\u0000\n\u00e9")"), RejectionCode::kNone);
  bson_iter_t value;
  assert_true(bson_iter_init_find(&value, &workbench(state).document, "value"));
  assert_string_equal(bson_iter_utf8(&value, nullptr), "\\u0000\n\xc3\xa9");
}

int levels(const bson_iter_t& at) {
  bson_iter_t child;
  if (!bson_iter_recurse(&at, &child)) return 0;
  int deepest = 0;
  while (bson_iter_next(&child)) {
    if (!BSON_ITER_HOLDS_DOCUMENT(&child) && !BSON_ITER_HOLDS_ARRAY(&child)) continue;
    const int below = levels(child);
    deepest = below > deepest ? below : deepest;
  }
  return deepest + 1;
}

int document_levels(const bson_t& document) {
  bson_iter_t value;
  if (!bson_iter_init_find(&value, &document, "value")) return 0;
  return 1 + levels(value);
}

// The document is the first level, which leaves 99 for `value`.
void a_hundred_levels_are_stored_but_not_one_more(void** state) {
  Workbench& bench = workbench(state);
  assert_code(bench.build_value(repeated("[", 99) + repeated("]", 99)), RejectionCode::kNone);
  assert_int_equal(document_levels(bench.document), 100);
  assert_true(bench.is_valid());
  assert_code(bench.build_value(repeated("{\"k\":", 99) + "1" + repeated("}", 99)),
              RejectionCode::kNone);
  assert_int_equal(document_levels(bench.document), 100);
  assert_true(bench.is_valid());
  assert_code(bench.build_value(repeated("[", 100) + repeated("]", 100)), RejectionCode::kTooDeep);
  assert_code(bench.build_value(repeated("{\"k\":", 100) + "1" + repeated("}", 100)),
              RejectionCode::kTooDeep);
}

void a_hundred_thousand_levels_are_refused_without_recursion(void** state) {
  assert_code(workbench(state).build_value(repeated("[", 100'000)), RejectionCode::kTooDeep);
  assert_code(workbench(state).build_value(repeated("{\"a\":", 100'000)), RejectionCode::kTooDeep);
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      WORKBENCH_TEST(integers_are_exact),
      WORKBENCH_TEST(integers_beyond_64_bits_are_refused),
      WORKBENCH_TEST(the_refused_number_and_its_offset_are_named),
      WORKBENCH_TEST(fractions_and_exponents_make_doubles),
      WORKBENCH_TEST(infinities_are_refused),
      WORKBENCH_TEST(a_number_that_is_not_stored_may_be_out_of_range),
      WORKBENCH_TEST(under_double_every_number_is_a_double),
      WORKBENCH_TEST(each_type_is_kept),
      WORKBENCH_TEST(types_are_kept_nested_and_in_order),
      WORKBENCH_TEST(array_indexes_are_keys_in_order),
      WORKBENCH_TEST(odd_keys_are_kept),
      WORKBENCH_TEST(escapes_are_resolved),
      WORKBENCH_TEST(a_hundred_levels_are_stored_but_not_one_more),
      WORKBENCH_TEST(a_hundred_thousand_levels_are_refused_without_recursion),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
