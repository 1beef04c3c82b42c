// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/json_line.h"

#include "cli/base64.h"
#include "cli/time_text.h"
#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

void base64_is_that_of_the_rfc(void**) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : examples) {
    assert_string_equal(base64(as_bytes(plain)).c_str(), encoded);
  }
  assert_string_equal(base64(as_bytes("\xff\xef\xbe")).c_str(), "/+++");
}

void times_are_utc_with_milliseconds(void**) {
  assert_string_equal(time_text(0).c_str(), "1970-01-01T00:00:00.000Z");
  assert_string_equal(time_text(1'700'000'000'123).c_str(), "2023-11-14T22:13:20.123Z");
  assert_string_equal(time_text(-1).c_str(), "1969-12-31T23:59:59.999Z");
  assert_string_equal(time_text(INT64_MAX).c_str(), "292278994-08-17T07:12:55.807Z");
  assert_string_equal(time_text(INT64_MIN).c_str(), "-292275055-05-16T16:47:04.192Z");
}

void a_line_keeps_text_as_text_and_the_rest_as_base64(void**) {
  JsonLine line;
  line.add("plain", "a\"b\n\x1b");
  line.add_number("number", std::uint64_t{1} << 47U);
  line.add_bool("bool", true);
  line.add_null("null");
  line.add_text_or_base64("text", as_bytes("ü"));
  line.add_text_or_base64("empty", {});
  line.add_text_or_base64("nul", as_bytes(std::string_view("a\0b", 3)));
  line.add_text_or_base64("bytes", as_bytes("\xff"));
  assert_string_equal(line.print().c_str(),
                      "{\"plain\":\"a\\\"b\\n\\u001b\",\"number\":140737488355328,\"bool\":true,"
                      "\"null\":null,\"text\":\"ü\",\"empty\":\"\",\"nulBase64\":\"YQBi\","
                      "\"bytesBase64\":\"/w==\"}");
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
  const CMUnitTest tests[] = {
      cmocka_unit_test(base64_is_that_of_the_rfc),
      cmocka_unit_test(times_are_utc_with_milliseconds),
      cmocka_unit_test(a_line_keeps_text_as_text_and_the_rest_as_base64),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
