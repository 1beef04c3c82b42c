// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

constexpr const char* kPath = "fleet/logins";

std::vector<Credential> accepted(const std::string& text) {
  std::istringstream file(text);
  auto parsed = parse_credentials(file, kPath);
  assert_int_equal(parsed.index(), 0);
  return std::get<0>(parsed);
}

std::string refused(const std::string& text) {
  std::istringstream file(text);
  const auto parsed = parse_credentials(file, kPath);
  assert_int_equal(parsed.index(), 1);
  return std::get<1>(parsed);
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void assert_line(const std::string& text, int line, const std::string& said) {
  const std::string error = refused(text);
  const bool is_right = error.starts_with("fleet/logins line " + std::to_string(line) + ": ") &&
                        holds(error, said) && holds(error, "accepted") && !holds(error, "\n");
  if (!is_right) print_error("%s\n", error.c_str());
  assert_true(is_right);
}

void a_password_goes_to_the_end_of_its_line(void**) {
  const auto lines = accepted("kitchen k1 password  two words # and more \n");
  assert_int_equal(lines.size(), 1);
  assert_string_equal(lines[0].device.c_str(), "kitchen");
  assert_string_equal(lines[0].username.c_str(), "k1");
  assert_string_equal(lines[0].password.c_str(), "two words # and more ");
  assert_true(lines[0].certificate.empty() && lines[0].key.empty());
}

void paths_begin_at_the_files_own_folder(void**) {
  const auto lines = accepted("a u certificate a.crt sub/a.key\nb - certificate /etc/b.pem\n");
  assert_string_equal(lines[0].certificate.c_str(), "fleet/a.crt");
  assert_string_equal(lines[0].key.c_str(), "fleet/sub/a.key");
  assert_string_equal(lines[0].username.c_str(), "u");
  assert_string_equal(lines[1].certificate.c_str(), "/etc/b.pem");
  assert_string_equal(lines[1].key.c_str(), "/etc/b.pem");
  assert_true(lines[1].username.empty() && lines[1].password.empty());
}

void lines_without_content_count_as_lines_only(void**) {
  const auto lines = accepted("# who\r\n\n \t\n\ta\tu\tpassword\tp\r\n  # b u password q");
  assert_int_equal(lines.size(), 1);
  assert_int_equal(lines[0].line, 4);
  assert_string_equal(lines[0].password.c_str(), "p");
  assert_line("#\n\na u frob\n", 3, "third word");
}

void what_is_no_login_is_told_with_its_line(void**) {
  assert_line("a\n", 1, "DEVICE USER");
  assert_line("a u\n", 1, "third word");
  assert_line("a u password\n", 1, "PASSWORD");
  assert_line("a u password \t\n", 1, "PASSWORD");
  assert_line("a - password p\n", 1, "USER");
  assert_line("a u certificate\n", 1, "certificate FILE");
  assert_line("a u certificate x y z\n", 1, "certificate FILE");
  assert_line(std::string("a u password p\0q\n", 17), 1, "PASSWORD");
  assert_line("a \xff password p\n", 1, "USER");
}

void a_device_has_a_name_that_is_one_level_of_a_topic(void**) {
  for (const char* name : {"a/b", "+", "x#", "a\"b", "a\\b", "\xc3\xa4", "a,b"}) {
    assert_line(std::string(name) + " u password p\n", 1, "DEVICE");
  }
  const std::string longest(128, 'x');
  assert_int_equal(accepted(longest + " u password p\n").size(), 1);
  assert_line(longest + "x u password p\n", 1, "DEVICE");
  assert_int_equal(accepted("Az09._:- u password p\n").size(), 1);
}

void users_and_passwords_are_as_long_as_mqtt_lets_them(void**) {
  const std::string longest(65535, 'x');
  assert_int_equal(accepted("a " + longest + " password " + longest + "\n").size(), 1);
  assert_line("a " + longest + "x password p\n", 1, "USER");
  assert_line("a u password " + longest + "x\n", 1, "PASSWORD");
}

void a_device_stands_there_once(void**) {
  assert_line("a u password p\n#\na v password q\n", 3, "line 1");
}

void no_error_shows_what_may_be_a_password(void**) {
  for (const char* text : {"a u s3cret\n", "a u passwort s3cret\n", "a - password s3cret\n",
                           "b u password p\nb u password s3cret\n", "a/b u password s3cret\n",
                           "a u Password s3cret\n", "a u certificate x y s3cret\n"}) {
    assert_false(holds(refused(text), "s3cret"));
  }
}

void a_file_without_a_device_is_refused(void**) {
  for (const char* text : {"", "\n\n", "# a u password p\n"}) {
    const std::string error = refused(text);
    assert_true(error.starts_with("fleet/logins: contains no device") && holds(error, "accepted"));
  }
}

void what_is_no_readable_file_is_refused(void**) {
  for (const char* path : {"/nowhere/logins", "/"}) {
    const auto read = read_credentials(path);
    assert_int_equal(read.index(), 1);
    assert_true(std::get<1>(read).starts_with(std::string("--credentials '") + path + "'"));
  }
}

void only_a_file_that_all_may_read_is_open_to_all(void**) {
  char path[] = "credentials_test.XXXXXX";
  ::close(::mkstemp(path));
  const auto is_open = [&path](mode_t mode) {
    return ::chmod(path, mode) == 0 && is_open_to_all(path);
  };
  const bool results[] = {is_open(0600), is_open(0640), is_open(0604), is_open(0644)};
  ::unlink(path);
  assert_false(results[0] || results[1]);
  assert_true(results[2] && results[3]);
  assert_false(is_open_to_all(path));
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_password_goes_to_the_end_of_its_line),
      cmocka_unit_test(paths_begin_at_the_files_own_folder),
      cmocka_unit_test(lines_without_content_count_as_lines_only),
      cmocka_unit_test(what_is_no_login_is_told_with_its_line),
      cmocka_unit_test(a_device_has_a_name_that_is_one_level_of_a_topic),
      cmocka_unit_test(users_and_passwords_are_as_long_as_mqtt_lets_them),
      cmocka_unit_test(a_device_stands_there_once),
      cmocka_unit_test(no_error_shows_what_may_be_a_password),
      cmocka_unit_test(a_file_without_a_device_is_refused),
      cmocka_unit_test(what_is_no_readable_file_is_refused),
      cmocka_unit_test(only_a_file_that_all_may_read_is_open_to_all),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
