// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/password_file.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

constexpr const char* kPath = "password_file_test.secret";

Result<std::string> read_back(const std::string& content) {
  std::ofstream(kPath, std::ios::binary) << content;
  return read_password_file(kPath);
}

void line_ends_behind_the_password_are_not_part_of_it(void**) {
  assert_string_equal(read_back(" pass word \r\n\n").value().c_str(), " pass word ");
  assert_int_equal(read_back(std::string(16 * 1024, 'x')).value().size(), 16 * 1024);
}

void what_can_not_be_a_password_is_refused_without_showing_it(void**) {
  const std::string bad[] = {"", "\n", std::string("MARK\0x", 6),
                             "MARK" + std::string(16 * 1024, 'x')};
  for (const std::string& content : bad) {
    const Result<std::string> password = read_back(content);
    assert_true(password.code() == StatusCode::kRefuse);
    assert_true(password.message().find("MARK") == std::string::npos);
  }
}

void an_absent_file_and_a_folder_are_refused_by_name(void**) {
  const Result<std::string> absent = read_password_file("absent.secret");
  assert_true(absent.code() == StatusCode::kRefuse);
  assert_true(absent.message().find("absent.secret") != std::string::npos);
  assert_true(read_password_file(".").code() == StatusCode::kRefuse);
}

int remove_file(void**) {
  (void)std::remove(kPath);
  return 0;
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(line_ends_behind_the_password_are_not_part_of_it),
      cmocka_unit_test(what_can_not_be_a_password_is_refused_without_showing_it),
      cmocka_unit_test(an_absent_file_and_a_folder_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, nullptr, remove_file);
}
