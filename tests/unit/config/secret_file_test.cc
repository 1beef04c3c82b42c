// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/secret_file.h"

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/unit/config/file_fixture.h"

namespace mongo_store::config {
namespace {

void assert_content(const std::string& written, const std::string& wanted) {
  const Result<std::string> read = read_secret_file(write_file(folder + "/secret", written));
  assert_true(read.is_ok());
  assert_string_equal(read.value().c_str(), wanted.c_str());
}

void assert_refused(const std::string& path, const std::string& reason) {
  const Result<std::string> read = read_secret_file(path);
  assert_true(read.code() == StatusCode::kRefuse);
  assert_string_equal(read.message().c_str(), text("file \"", path, "\" ", reason).c_str());
}

void line_ends_behind_a_secret_are_not_part_of_it(void**) {
  assert_content("hunter2", "hunter2");
  assert_content("hunter2\n", "hunter2");
  assert_content("hunter2\r\n", "hunter2");
  assert_content(" hunter 2 \n\n", " hunter 2 ");
  assert_content(std::string(kSecretFileBytesMax, 'x'), std::string(kSecretFileBytesMax, 'x'));
}

void what_is_no_secret_is_refused_without_being_shown(void**) {
  const std::string path = folder + "/bad";
  assert_refused(write_file(path, ""), "is empty");
  assert_refused(write_file(path, "\n\n"), "is empty");
  assert_refused(write_file(path, std::string(kSecretFileBytesMax + 1, 'x')),
                 "is larger than 16 KiB");
  const std::string reason = "contains more than one line, control characters or invalid UTF-8";
  assert_refused(write_file(path, "hunter2\nhunter3\n"), reason);
  assert_refused(write_file(path, std::string("hunter2\0", 8)), reason);
  assert_refused(write_file(path, "hunter2\xff"), reason);
}

void what_can_not_be_read_is_refused_with_the_reason(void**) {
  assert_refused(folder + "/absent", "can't be read: No such file or directory");
  assert_refused(folder, "is not a regular file");
}

// A FIFO without a writer would block the broker's start for ever.
void a_fifo_is_refused_and_not_waited_for(void**) {
  const std::string path = folder + "/fifo";
  assert_int_equal(mkfifo(path.c_str(), 0600), 0);
  assert_refused(path, "is not a regular file");
}

void rights_of_others_are_seen(void**) {
  assert_false(is_open_to_others(write_file(folder + "/mode", "x", 0640)));
  assert_true(is_open_to_others(write_file(folder + "/mode", "x", 0644)));
  assert_true(is_open_to_others(write_file(folder + "/mode", "x", 0602)));
  assert_false(is_open_to_others(folder + "/absent"));
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(line_ends_behind_a_secret_are_not_part_of_it),
      cmocka_unit_test(what_is_no_secret_is_refused_without_being_shown),
      cmocka_unit_test(what_can_not_be_read_is_refused_with_the_reason),
      cmocka_unit_test(a_fifo_is_refused_and_not_waited_for),
      cmocka_unit_test(rights_of_others_are_seen),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
