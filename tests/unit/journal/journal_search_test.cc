// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal_search.h"

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

void the_journals_of_a_folder_are_found_by_number(void** state) {
  Workbench& bench = bench_of(state);
  for (const char* name : {"0002", "0001", "0010", "12", "00x1", "lost+found"}) {
    std::filesystem::create_directory(bench.path(name));
    put_file_bytes(text(bench.path(name), '/', kLockName), {});
  }
  std::filesystem::create_directory(bench.path("2024"));  // somebody's pictures
  put_file_bytes(bench.path("2024/beach.jpeg"), as_bytes("blue"));
  put_file_bytes(bench.path("0003"), as_bytes("no folder"));
  const auto journals = find_journals(bench.settings.directory, bench.files);
  assert_true(journals.is_ok());
  const std::vector<std::string> expected = {bench.path("0001"), bench.path("0002"),
                                             bench.path("0010")};
  assert_true(journals.value() == expected);
  const auto slashed = find_journals(bench.settings.directory + "//", bench.files);
  assert_true(slashed.value() == expected);
}

void one_numbered_journal_is_itself(void** state) {
  Workbench& bench = bench_of(state);
  bench.must_open();
  const auto journals = find_journals(bench.settings.directory, bench.files);
  assert_true(journals.is_ok());
  assert_true(journals.value() == std::vector<std::string>{bench.settings.directory});
}

void a_folder_without_a_journal_is_told_in_a_line(void** state) {
  Workbench& bench = bench_of(state);
  put_file_bytes(bench.path("a file"), as_bytes("of somebody else"));
  const auto none = find_journals(bench.settings.directory, bench.files);
  assert_int_equal(none.code(), StatusCode::kAbsent);
  assert_non_null(strstr(none.message().c_str(), "contains no journal"));
  const auto gone = find_journals(bench.path("gone"), bench.files);
  assert_int_equal(gone.code(), StatusCode::kAbsent);
  const auto file = find_journals(bench.path("a file"), bench.files);
  assert_int_equal(file.code(), StatusCode::kIo);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(the_journals_of_a_folder_are_found_by_number),
      ON_MAPPED(one_numbered_journal_is_itself),
      ON_MAPPED(a_folder_without_a_journal_is_told_in_a_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
