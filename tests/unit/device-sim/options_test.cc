// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/options.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

std::variant<Options, std::string> parse(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"device-sim", "--broker", "broker.example"});
  std::vector<char*> arguments;
  for (std::string& flag : flags) arguments.push_back(flag.data());
  arguments.push_back(nullptr);
  return parse_options(static_cast<int>(flags.size()), arguments.data());
}

Options accepted(const std::vector<std::string>& flags) {
  auto parsed = parse(flags);
  if (const auto* error = std::get_if<std::string>(&parsed)) print_error("%s\n", error->c_str());
  assert_int_equal(parsed.index(), 0);
  return std::get<Options>(parsed);
}

void assert_refused(const std::vector<std::string>& flags, const std::vector<std::string>& said) {
  const auto parsed = parse(flags);
  assert_int_equal(parsed.index(), 1);
  const std::string& error = std::get<std::string>(parsed);
  for (const std::string& part : said) {
    const bool is_said = error.find(part) != std::string::npos;
    if (!is_said) print_error("%s: %s\n", part.c_str(), error.c_str());
    assert_true(is_said);
  }
  assert_true(error.find('\n') == std::string::npos);
}

// The password's error and the certificate's, in this order.
class CredentialsFile {
 public:
  CredentialsFile() {
    ::close(::mkstemp(path_));
    std::ofstream(path_) << "a u password p\nb - certificate b.pem\n";
  }
  ~CredentialsFile() { ::unlink(path_); }
  CredentialsFile(const CredentialsFile&) = delete;
  CredentialsFile& operator=(const CredentialsFile&) = delete;
  std::string path() const { return path_; }

 private:
  char path_[20] = "options_test.XXXXXX";
};

void tls_changes_the_default_port_and_no_other(void**) {
  assert_int_equal(accepted({}).port, 1883);
  assert_false(accepted({}).has_tls());
  const std::vector<std::vector<std::string>> switches = {
      {"--cafile", "ca.crt"}, {"--capath", "."}, {"--tls-use-os-certs"}};
  for (std::vector<std::string> flags : switches) {
    assert_true(accepted(flags).has_tls());
    assert_int_equal(accepted(flags).port, 8883);
    flags.insert(flags.end(), {"--port", "1883"});
    assert_int_equal(accepted(flags).port, 1883);
  }
}

void a_certificate_needs_its_key_and_tls(void**) {
  assert_refused({"--cafile", "c", "--cert", "x"}, {"--cert", "--key"});
  assert_refused({"--cafile", "c", "--key", "x"}, {"--key", "--cert"});
  assert_refused({"--cert", "x", "--key", "y"}, {"--cert", "--cafile", "--tls-use-os-certs"});
  const Options options = accepted({"--cafile", "c", "--cert", "x", "--key", "y"});
  assert_string_equal(options.certificate.c_str(), "x");
  assert_string_equal(options.key.c_str(), "y");
}

void empty_paths_are_refused(void**) {
  for (const char* flag : {"--cafile", "--capath", "--cert", "--key", "--credentials"}) {
    assert_refused({flag, ""}, {flag, "''", "accepted"});
  }
}

void a_folder_of_authorities_is_there(void**) {
  for (const char* path : {"/absent", "/dev/null"}) {
    assert_refused({"--capath", path},
                   {"--capath", path, "accepted: the name of a readable folder"});
  }
}

void credentials_stand_alone(void**) {
  const CredentialsFile file;
  assert_refused({"--cafile", "c", "--credentials", file.path(), "--username", "u"},
                 {"--credentials", "without --username"});
  assert_refused({"--cafile", "c", "--credentials", file.path(), "--cert", "x", "--key", "y"},
                 {"--credentials", "without --cert"});
}

void a_certificate_of_the_file_needs_tls(void**) {
  const CredentialsFile file;
  assert_refused({"--credentials", file.path()}, {file.path() + " line 2: ", "--cafile"});
}

void there_are_as_many_devices_as_credentials_unless_fewer_are_asked_for(void**) {
  const CredentialsFile file;
  const std::vector<std::string> flags = {"--cafile", "c", "--credentials", file.path()};
  assert_int_equal(accepted(flags).devices, 2);
  assert_int_equal(accepted({}).devices, 1);
  std::vector<std::string> more = flags;
  more.insert(more.end(), {"--devices", "1"});
  assert_int_equal(accepted(more).devices, 1);
  more.back() = "3";
  assert_refused(more, {"--devices '3'", "accepted: at most the 2 of " + file.path()});
}

void the_error_of_a_line_is_the_error_of_the_flags(void**) {
  const CredentialsFile file;
  std::ofstream(file.path()) << "# nobody\na u frob\n";
  assert_refused({"--credentials", file.path()}, {file.path() + " line 2: ", "accepted"});
}

Numbering numbering_of(const std::vector<std::string>& flags) { return *accepted(flags).numbering; }

void messages_of_qos_2_are_numbered_unless_told_otherwise(void**) {
  for (const char* qos : {"0", "1"}) {
    assert_true(numbering_of({"--qos", qos}) == Numbering::kNone);
    assert_true(numbering_of({"--qos", qos, "--no-sequence"}) == Numbering::kNone);
  }
  assert_true(numbering_of({"--qos", "2"}) == Numbering::kBesideValue);
  assert_true(numbering_of({"--qos", "2", "--no-sequence"}) == Numbering::kNone);
  assert_true(numbering_of({"--qos", "2", "--sequence"}) == Numbering::kInValueToo);
  assert_int_equal(*accepted({"--qos", "2"}).first_sequence, 1);
  assert_int_equal(*accepted({"--qos", "2", "--first-sequence", "9"}).first_sequence, 9);
  (void)accepted({"--qos", "2", "--protocol", "5", "--message-id-property", "id"});
}

void flags_that_contradict_each_other_are_refused(void**) {
  assert_refused({"--sequence", "--no-sequence"}, {"--no-sequence", "accepted"});
  assert_refused({"--no-sequence", "--sequence"}, {"--sequence", "accepted"});
  assert_refused({"-q", "2", "--no-sequence", "--first-sequence", "5"},
                 {"--first-sequence", "without --no-sequence"});
  assert_refused({"-q", "2", "--ledger", "l"}, {"--ledger", "--sequence"});
}

// A number that was used before would count as a resend.
void devices_of_one_name_do_not_begin_again_at_the_same_number(void**) {
  const CredentialsFile file;
  const std::vector<std::string> flags = {"--cafile", "c", "--credentials", file.path(), "-q"};
  std::vector<std::string> numbered = flags;
  numbered.emplace_back("2");
  const std::uint64_t first = *accepted(numbered).first_sequence;
  assert_true(first > 1'600'000'000'000'000);
  assert_true(*accepted(numbered).first_sequence > first);
  numbered.emplace_back("--sequence");  // for an audit it is as the user says
  assert_int_equal(*accepted(numbered).first_sequence, 1);
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {
      cmocka_unit_test(tls_changes_the_default_port_and_no_other),
      cmocka_unit_test(a_certificate_needs_its_key_and_tls),
      cmocka_unit_test(empty_paths_are_refused),
      cmocka_unit_test(a_folder_of_authorities_is_there),
      cmocka_unit_test(credentials_stand_alone),
      cmocka_unit_test(a_certificate_of_the_file_needs_tls),
      cmocka_unit_test(there_are_as_many_devices_as_credentials_unless_fewer_are_asked_for),
      cmocka_unit_test(the_error_of_a_line_is_the_error_of_the_flags),
      cmocka_unit_test(messages_of_qos_2_are_numbered_unless_told_otherwise),
      cmocka_unit_test(flags_that_contradict_each_other_are_refused),
      cmocka_unit_test(devices_of_one_name_do_not_begin_again_at_the_same_number),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
