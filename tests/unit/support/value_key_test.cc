// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/value_key.h"

#include <bson/bson.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

std::string key_of_field(const bson_t& document) {
  bson_iter_t value;
  return find_field(document, "v", value) ? value_key(value) : "absent";
}

// Of a value in extended JSON.
std::string key_of(const std::string& value) {
  const std::string json = R"({"v": )" + value + "}";
  bson_t document;
  if (!bson_init_from_json(&document, json.c_str(), -1, nullptr)) return "malformed";
  std::string key = key_of_field(document);
  bson_destroy(&document);
  return key;
}

std::string key_of_int64(std::int64_t value) {
  const BsonDocument document;
  BSON_APPEND_INT64(document.get(), "v", value);
  return key_of_field(*document);
}

std::string key_of_double(double value) {
  const BsonDocument document;
  BSON_APPEND_DOUBLE(document.get(), "v", value);
  return key_of_field(*document);
}

void keys_sort_as_the_types_of_mongodb_do(void**) {
  const std::vector<std::string> ascending = {
      key_of(R"({"$minKey": 1})"),
      key_of("null"),
      key_of_double(std::numeric_limits<double>::quiet_NaN()),
      key_of_double(-std::numeric_limits<double>::infinity()),
      key_of_int64(std::numeric_limits<std::int64_t>::min()),
      key_of("-2"),
      key_of("-1.5"),
      key_of("0"),
      key_of("1"),
      key_of("1.5"),
      key_of("300"),
      key_of_double(1e300),
      key_of(R"("")"),
      key_of(R"("a")"),
      key_of(R"("ab")"),
      key_of(R"("b")"),
      key_of(R"({"a": 1})"),
      key_of("[1]"),
      key_of(R"({"$binary": {"base64": "/w==", "subType": "00"}})"),
      key_of(R"({"$binary": {"base64": "AAA=", "subType": "00"}})"),
      key_of(R"({"$binary": {"base64": "AAA=", "subType": "04"}})"),
      key_of(R"({"$oid": "000000000000000000000001"})"),
      key_of(R"({"$oid": "010000000000000000000000"})"),
      key_of("false"),
      key_of("true"),
      key_of(R"({"$date": {"$numberLong": "-1"}})"),
      key_of(R"({"$date": {"$numberLong": "1"}})"),
      key_of(R"({"$timestamp": {"t": 1, "i": 2}})"),
      key_of(R"({"$timestamp": {"t": 2, "i": 1}})"),
      key_of(R"({"$maxKey": 1})"),
  };
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    if (ascending[i - 1] < ascending[i]) continue;
    print_error("value %zu doesn't sort behind the one before\n", i);
    assert_true(false);
  }
}

void numbers_of_any_type_are_equal(void**) {
  assert_true(key_of(R"({"$numberInt": "7"})") == key_of_int64(7));
  assert_true(key_of_double(7.0) == key_of_int64(7));
  assert_true(key_of_double(-0.0) == key_of_int64(0));
  assert_true(key_of_double(-9223372036854775808.0) ==
              key_of_int64(std::numeric_limits<std::int64_t>::min()));
}

void large_integers_stay_apart(void**) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  assert_true(key_of_int64(kMax - 1) < key_of_int64(kMax));
  assert_true(key_of_int64(kMax) < key_of_double(9223372036854775808.0));
  assert_true(key_of_int64((std::int64_t{1} << 53) + 1) != key_of_double(9007199254740992.0));
  assert_true(key_of_int64(-kMax) < key_of_int64(-kMax + 1));
}

void what_nobody_sorts_by_is_still_told_apart(void**) {
  const std::string decimal = key_of(R"({"$numberDecimal": "1.5"})");
  assert_true(decimal == key_of(R"({"$numberDecimal": "1.5"})"));
  assert_true(decimal != key_of(R"({"$numberDecimal": "1.6"})"));
  const std::string regex = key_of(R"({"$regularExpression": {"pattern": "a", "options": "i"}})");
  assert_true(regex != key_of(R"({"$regularExpression": {"pattern": "a", "options": ""}})"));
  assert_true(regex != key_of(R"({"$code": "a"})"));
  assert_true(null_key() == key_of("null"));
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  const CMUnitTest tests[] = {
      cmocka_unit_test(keys_sort_as_the_types_of_mongodb_do),
      cmocka_unit_test(numbers_of_any_type_are_equal),
      cmocka_unit_test(large_integers_stay_apart),
      cmocka_unit_test(what_nobody_sorts_by_is_still_told_apart),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
