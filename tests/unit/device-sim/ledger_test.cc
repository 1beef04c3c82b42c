// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/ledger.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

class TemporaryFile {
 public:
  TemporaryFile() { ::close(::mkstemp(path_)); }
  ~TemporaryFile() { ::unlink(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_; }
  void write(const std::string& content) const { std::ofstream(path_) << content; }
  std::string read() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  char path_[19] = "ledger_test.XXXXXX";
};

LedgerEntry an_entry() { return {"d", 7, 1, 1764018000123, std::nullopt, 1, ""}; }

void a_line_is_one_json_object_with_all_that_is_known(void**) {
  assert_string_equal(
      ledger_line(an_entry()).c_str(),
      "{\"device\":\"d\",\"sequence\":7,\"qos\":1,\"sent\":1764018000123,\"acknowledged\":null,"
      "\"sends\":1}\n");
  LedgerEntry entry = an_entry();
  entry.acknowledged_ms = 1764018000999;
  entry.sends = 3;
  entry.message_id = "7";
  assert_string_equal(ledger_line(entry).c_str(),
                      "{\"device\":\"d\",\"sequence\":7,\"qos\":1,\"sent\":1764018000123,"
                      "\"acknowledged\":1764018000999,\"sends\":3,\"message_id\":\"7\"}\n");
}

void large_sequences_keep_all_digits(void**) {
  LedgerEntry entry = an_entry();
  entry.sequence = 2000000000000;
  assert_true(ledger_line(entry).find("\"sequence\":2000000000000,") != std::string::npos);
}

void a_line_is_in_the_file_when_record_returns_and_behind_what_was_there(void**) {
  const TemporaryFile file;
  file.write("{}\n");
  Ledger ledger;
  assert_false(ledger.is_open());
  assert_true(ledger.open(file.path()));
  assert_true(ledger.is_open());
  assert_true(ledger.record(an_entry()));
  assert_string_equal(file.read().c_str(), ("{}\n" + ledger_line(an_entry())).c_str());
}

void a_file_that_ends_within_a_line_is_not_taken(void**) {
  const TemporaryFile file;
  file.write("{\"device\":");
  Ledger ledger;
  assert_false(ledger.open(file.path()));
  assert_true(ledger.error().find(file.path()) != std::string::npos);
  assert_true(ledger.error().find("accepted") != std::string::npos);
  assert_string_equal(file.read().c_str(), "{\"device\":");
}

void a_file_that_cannot_be_opened_or_written_is_an_error(void**) {
  Ledger absent;
  assert_false(absent.open("/nowhere/ledger"));
  assert_true(absent.error().find("/nowhere/ledger") != std::string::npos);
  Ledger full;
  assert_true(full.open("/dev/full"));
  assert_false(full.record(an_entry()));
  assert_true(full.error().find("/dev/full") != std::string::npos);
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_line_is_one_json_object_with_all_that_is_known),
      cmocka_unit_test(large_sequences_keep_all_digits),
      cmocka_unit_test(a_line_is_in_the_file_when_record_returns_and_behind_what_was_there),
      cmocka_unit_test(a_file_that_ends_within_a_line_is_not_taken),
      cmocka_unit_test(a_file_that_cannot_be_opened_or_written_is_an_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
