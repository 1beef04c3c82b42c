// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/ledger.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

const std::string kSent =
    R"({"device":"d","sequence":7,"qos":1,"sent":1764018000123,"acknowledged":null,"sends":1})";
const std::string kAcknowledged =
    R"({"device":"d","sequence":7,"qos":2,"sent":1,"acknowledged":2,"sends":3,"message_id":"7"})";

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    ::close(::mkstemp(path_));
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { ::unlink(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_; }

 private:
  char path_[14] = "ledger.XXXXXX";
};

struct ReadLedger {
  Result<LedgerSize> size;
  std::vector<LedgerLine> lines;
};

ReadLedger read_all(const std::string& path) {
  std::vector<LedgerLine> lines;
  auto size = read_ledger(path, [&lines](const LedgerLine& line) { lines.push_back(line); });
  return {std::move(size), std::move(lines)};
}

std::string replaced(const std::string& what, const std::string& with) {
  std::string line = kSent;
  const std::size_t at = line.find(what);
  assert_true(at != std::string::npos);
  return line.replace(at, what.size(), with);
}

void what_a_line_says_is_taken(void**) {
  const auto sent = parse_ledger_line(kSent);
  assert_true(sent.is_ok());
  assert_string_equal(sent.value().device.c_str(), "d");
  assert_int_equal(sent.value().sequence, 7);
  assert_int_equal(sent.value().sends, 1);
  assert_false(sent.value().is_acknowledged);
  assert_false(sent.value().has_message_id);
  const auto acknowledged = parse_ledger_line(kAcknowledged);
  assert_true(acknowledged.is_ok());
  assert_int_equal(acknowledged.value().sends, 3);
  assert_true(acknowledged.value().is_acknowledged);
  assert_true(acknowledged.value().has_message_id);
}

void a_large_sequence_keeps_all_digits(void**) {
  const auto line = parse_ledger_line(replaced("\"sequence\":7", "\"sequence\":2000000000001"));
  assert_true(line.value().sequence == 2000000000001);
}

void a_line_that_is_no_object_is_refused(void**) {
  for (const std::string& line :
       {std::string(), std::string("7"), std::string("[]"), kSent.substr(0, 40), kSent + "}",
        kSent + kSent, replaced("\"d\"", std::string("\"d\0x\"", 5)), std::string("null")}) {
    const auto parsed = parse_ledger_line(line);
    if (parsed.is_ok()) print_error("taken: %s\n", line.c_str());
    assert_true(parsed.code() == StatusCode::kRefuse);
    assert_string_equal(parsed.message().c_str(), "not a JSON object");
  }
}

void a_field_that_is_absent_or_out_of_bounds_is_refused_by_name(void**) {
  const struct {
    const char* what;
    const char* with;
    const char* field;
  } cases[] = {
      {"\"device\":\"d\",", "", "\"device\""},
      {"\"d\"", "\"\"", "\"device\""},
      {"\"d\"", "5", "\"device\""},
      {"\"sequence\":7,", "", "\"sequence\""},
      {"\"sequence\":7", "\"sequence\":-1", "\"sequence\""},
      {"\"sequence\":7", "\"sequence\":1.5", "\"sequence\""},
      {"\"sequence\":7", "\"sequence\":1e300", "\"sequence\""},
      {"\"sequence\":7", "\"sequence\":\"7\"", "\"sequence\""},
      {"\"qos\":1", "\"qos\":3", "\"qos\""},
      {"\"qos\":1,", "", "\"qos\""},
      {"1764018000123", "null", "\"sent\""},
      {"1764018000123", "-5", "\"sent\""},
      {"\"sends\":1", "\"sends\":0", "\"sends\""},
      {"\"sends\":1", "\"sends\":4294967296", "\"sends\""},
      {",\"sends\":1", "", "\"sends\""},
      {"\"acknowledged\":null", "\"acknowledged\":true", "\"acknowledged\""},
      {"\"acknowledged\":null,", "", "\"acknowledged\""},
      {"\"qos\":1,\"sent\":1764018000123,\"acknowledged\":null",
       "\"qos\":0,\"sent\":1,\"acknowledged\":2", "\"acknowledged\""},
      {"\"sends\":1", "\"sends\":1,\"message_id\":7", "\"message_id\""},
  };
  for (const auto& bad : cases) {
    const auto parsed = parse_ledger_line(replaced(bad.what, bad.with));
    if (parsed.is_ok()) print_error("taken: %s for %s\n", bad.with, bad.what);
    assert_true(parsed.code() == StatusCode::kRefuse);
    assert_true(parsed.message().starts_with(std::string(bad.field) + ": accepted: "));
  }
}

void lines_come_in_the_order_of_the_file(void**) {
  const TemporaryFile file(kSent + "\n" + kAcknowledged + "\n");
  const ReadLedger read = read_all(file.path());
  assert_true(read.size.is_ok());
  assert_int_equal(read.size.value().lines, 2);
  assert_false(read.size.value().is_cut_short);
  assert_int_equal(read.lines.size(), 2);
  assert_false(read.lines[0].is_acknowledged);
  assert_true(read.lines[1].is_acknowledged);
}

void an_empty_ledger_is_one(void**) {
  const TemporaryFile file("");
  const ReadLedger read = read_all(file.path());
  assert_int_equal(read.size.value().lines, 0);
  assert_false(read.size.value().is_cut_short);
}

void a_last_line_that_is_cut_short_is_told_and_not_taken(void**) {
  for (const std::size_t bytes : {std::size_t{1}, kSent.size() / 2, kSent.size()}) {
    const TemporaryFile file(kSent + "\n" + kSent.substr(0, bytes));
    const ReadLedger read = read_all(file.path());
    assert_true(read.size.is_ok());
    assert_int_equal(read.size.value().lines, 1);
    assert_true(read.size.value().is_cut_short);
    assert_int_equal(read.lines.size(), 1);
  }
}

void a_bad_line_is_named_by_file_and_number(void**) {
  for (const std::string& bad : {std::string("{}"), std::string(), std::string(70000, 'x')}) {
    const TemporaryFile file(kSent + "\n" + bad + "\n" + kSent + "\n");
    const ReadLedger read = read_all(file.path());
    assert_true(read.size.code() == StatusCode::kRefuse);
    const std::string where = file.path() + ", line 2: ";
    assert_true(read.size.message().find(where) != std::string::npos);
    assert_true(read.size.message().find('\n') == std::string::npos);
    assert_int_equal(read.lines.size(), 1);
  }
}

void a_file_that_cannot_be_read_is_told(void**) {
  for (const char* path : {"/nowhere/ledger", "."}) {
    const ReadLedger read = read_all(path);
    assert_true(read.size.code() == StatusCode::kIo);
    assert_true(read.size.message().find(path) != std::string::npos);
  }
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_a_line_says_is_taken),
      cmocka_unit_test(a_large_sequence_keeps_all_digits),
      cmocka_unit_test(a_line_that_is_no_object_is_refused),
      cmocka_unit_test(a_field_that_is_absent_or_out_of_bounds_is_refused_by_name),
      cmocka_unit_test(lines_come_in_the_order_of_the_file),
      cmocka_unit_test(an_empty_ledger_is_one),
      cmocka_unit_test(a_last_line_that_is_cut_short_is_told_and_not_taken),
      cmocka_unit_test(a_bad_line_is_named_by_file_and_number),
      cmocka_unit_test(a_file_that_cannot_be_read_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
