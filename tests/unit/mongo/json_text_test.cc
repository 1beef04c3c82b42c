// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/json_text.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

std::string json_of_double(double number) {
  bson_t document = BSON_INITIALIZER;
  bson_append_double(&document, "v", 1, number);
  std::string json = json_of(document);
  bson_destroy(&document);
  return json;
}

void a_double_is_the_shortest_text_that_reads_back_the_same(void**) {
  assert_string_equal(json_of_double(21.6).c_str(), R"({ "v" : 21.6 })");
  assert_string_equal(json_of_double(0.1 + 0.2).c_str(), R"({ "v" : 0.30000000000000004 })");
  assert_string_equal(json_of_double(-1e300).c_str(), R"({ "v" : -1e+300 })");
  for (const double number : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.125, -2.5e-9}) {
    const std::string json = json_of_double(number);
    assert_true(std::strtod(json.c_str() + std::strlen(R"({ "v" : )"), nullptr) == number);
  }
}

void a_whole_double_still_reads_as_one(void**) {
  assert_string_equal(json_of_double(3.0).c_str(), R"({ "v" : 3.0 })");
  assert_string_equal(json_of_double(-0.0).c_str(), R"({ "v" : -0.0 })");
}

void strings_and_integers_stay_as_they_are(void**) {
  constexpr const char* kJson =
      R"({ "1.50" : "1.50 \" 2.500", "n" : [ 9007199254740993, -1, true ], "e" : "\\" })";
  assert_string_equal(with_short_doubles(kJson).c_str(), kJson);
  assert_string_equal(with_short_doubles(R"(["\\",1.50,"\"",2.500])").c_str(),
                      R"(["\\",1.5,"\"",2.5])");
}

void a_text_that_is_cut_short_is_no_harm(void**) {
  for (const char* json : {"", "\"", "\"\\", "-", "1.5e"}) {
    assert_string_equal(with_short_doubles(json).c_str(), json);
  }
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_double_is_the_shortest_text_that_reads_back_the_same),
      cmocka_unit_test(a_whole_double_still_reads_as_one),
      cmocka_unit_test(strings_and_integers_stay_as_they_are),
      cmocka_unit_test(a_text_that_is_cut_short_is_no_harm),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
