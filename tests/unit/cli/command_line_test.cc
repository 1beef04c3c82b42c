// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/command_line.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/flag_table.h"
#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

// A writable command line, like a process's.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    arguments_.insert(arguments_.begin(), "mongo-store");
    for (std::string& argument : arguments_) pointers_.push_back(argument.data());
    pointers_.push_back(nullptr);
  }
  Result<CommandLine> parse() {
    return parse_command_line(static_cast<int>(arguments_.size()), pointers_.data());
  }
  bool contain(const std::string& needle) const {
    for (const std::string& argument : arguments_) {
      if (argument.find(needle) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> arguments_;
  std::vector<char*> pointers_;
};

void flags_may_stand_before_and_behind_the_command(void**) {
  const auto line =
      Arguments({"--database=d", "last", "--limit", "7", "--collection", "c"}).parse();
  assert_true(line.is_ok());
  assert_string_equal(line.value().command.c_str(), "last");
  assert_int_equal(line.value().limit, 7);
  assert_int_equal(line.value().settings.size(), 2);
  assert_string_equal(line.value().settings[0].key.c_str(), "database");
  assert_string_equal(line.value().settings[1].value.c_str(), "c");
}

std::string lenient_of(const CommandLine& line) {
  return line.settings.size() == 1 && line.settings[0].key == "lenient" ? line.settings[0].value
                                                                        : "not given once";
}

void a_switch_is_on_where_its_flag_has_no_value(void**) {
  const auto value = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"dead-letters", "requeue"});
    const auto line = Arguments(std::move(arguments)).parse();
    assert_true(line.is_ok());
    assert_string_equal(line.value().command.c_str(), "dead-letters");
    assert_int_equal(line.value().arguments.size(), 1);
    return lenient_of(line.value());
  };
  assert_string_equal(value({"--lenient"}).c_str(), "on");
  assert_string_equal(value({"--lenient=off"}).c_str(), "off");
  assert_string_equal(value({"--lenient", "off"}).c_str(), "off");
  assert_string_equal(value({"--lenient", "on"}).c_str(), "on");
  assert_string_equal(value({"--lenient", "--reason", "invalid_json"}).c_str(), "on");
  assert_string_equal(value({"--lenient", "on", "--reason", "invalid_json"}).c_str(), "on");
}

void a_uri_is_taken_and_no_longer_shows_in_the_process_list(void**) {
  for (const bool is_one_word : {true, false}) {
    const std::string uri = "mongodb://u:MARK@h";
    Arguments arguments(is_one_word ? std::vector<std::string>{"count", "--mongo-uri=" + uri}
                                    : std::vector<std::string>{"--mongo-uri", uri, "count"});
    const auto line = arguments.parse();
    assert_true(line.is_ok());
    assert_string_equal(line.value().settings.at(0).value.c_str(), uri.c_str());
    assert_false(arguments.contain("MARK"));
    assert_false(arguments.contain("mongodb"));
  }
}

void a_password_is_no_flag_and_shows_in_no_message(void**) {
  const std::vector<std::string> lines[] = {
      {"count", "--mongo-password=MARK"}, {"count", "--mongo-password", "MARK"},
      {"count", "--mongo-pass=MARK"},     {"count", "--password=MARK"},
      {"count", "--mongo-ur=MARK"},       {"count", "-pMARK"},
      {"count", "--limit=MARK"},          {"count", "--version=MARK"},
  };
  for (const auto& words : lines) {
    const auto line = Arguments(words).parse();
    if (line.is_ok()) print_error("taken: %s\n", words[1].c_str());
    assert_true(line.code() == StatusCode::kReject);
    assert_true(line.message().find("MARK") == std::string::npos);
  }
  for (const Flag& flag : make_flag_table()) assert_true(flag.name != "mongo-password");
}

void what_is_wrong_with_a_flag_is_told(void**) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"count", "--mongo-url", "x"}, "--mongo-url is not a flag; did you mean --mongo-uri?"},
      {{"last", "--limits=3"}, "--limits is not a flag; did you mean --limit?"},
      {{"count", "--frobnicate=x"}, "--frobnicate is not a flag"},
      {{"last", "--limit"}, "--limit requires a value"},
      {{"count", "--database"}, "--database requires a value"},
      {{"--help=3"}, "--help accepts no value"},
      {{"audit", "--json", "-xy"}, "unknown flag; accepted: flags that begin with two dashes"},
      {{"last", "--limit=3", "-xy"}, "unknown flag; accepted: flags that begin with two dashes"},
      {{"last", "--limit", "3", "--limit", "4"}, "--limit is given twice"},
      {{"audit", "--json", "--json"}, "--json is given twice"},
  };
  for (const auto& [words, said] : cases) {
    const auto line = Arguments(words).parse();
    assert_true(line.code() == StatusCode::kReject);
    assert_string_equal(line.message().c_str(), said);
  }
}

void a_limit_out_of_bounds_is_rejected(void**) {
  for (const char* limit : {"0", "-1", "1000001", "", "5x", "99999999999999999999"}) {
    assert_true(Arguments({"last", "--limit", limit}).parse().code() == StatusCode::kReject);
  }
  assert_int_equal(Arguments({"last", "--limit=1000000"}).parse().value().limit, 1000000);
  assert_int_equal(Arguments({"last"}).parse().value().limit, 5);
}

void a_command_must_be_given_and_be_known(void**) {
  assert_true(Arguments({}).parse().code() == StatusCode::kReject);
  assert_true(Arguments({"--help"}).parse().value().wants_help);
  assert_true(Arguments({"--version"}).parse().value().wants_version);
  CommandLine line;
  line.command = "counts";
  assert_true(run_command(line).code() == StatusCode::kReject);
}

void a_command_rejects_what_it_does_not_take(void**) {
  CommandLine line = Arguments({"count", "--limit", "3"}).parse().value();
  assert_string_equal(run_command(line).message().c_str(), "count doesn't accept --limit");
  line = Arguments({"count", "devices"}).parse().value();
  assert_string_equal(run_command(line).message().c_str(), "count accepts no argument");
}

Status run_line(std::vector<std::string> words) {
  const auto line = Arguments(std::move(words)).parse();
  return line.is_ok() ? run_command(line.value()) : line.status();
}

void a_command_of_two_words_names_the_second_ones_where_it_is_missing(void**) {
  for (const auto& words : {std::vector<std::string>{"journal"}, {"journal", "mend", "/d"}}) {
    const Status refused = run_line(words);
    assert_true(refused.code() == StatusCode::kReject);
    assert_string_equal(refused.message().c_str(),
                        "journal requires one of inspect, verify, dump, deliver");
  }
  assert_string_equal(run_line({"journal", "verify"}).message().c_str(),
                      "journal verify: DIR is required");
  assert_string_equal(run_line({"journal", "verify", "/d", "--all"}).message().c_str(),
                      "journal verify doesn't accept --all");
  assert_string_equal(run_line({"journal", "dump", "/d", "/e"}).message().c_str(),
                      "journal dump accepts at most 1 argument");
}

void what_chooses_dead_letters_is_checked(void**) {
  for (const auto& words : {std::vector<std::string>{"dead-letters", "list", "--id", "12"},
                            {"dead-letters", "list", "--id=0123456789abcdef0123456G"},
                            {"dead-letters", "list", "--reason", "No Code"},
                            {"dead-letters", "list", "--reason", "nosuchcode"},
                            {"dead-letters", "list", "--reason", "none"},
                            {"dead-letters", "requeue", "--limit", "3"}}) {
    assert_true(run_line(words).code() == StatusCode::kReject);
  }
  const auto line =
      Arguments({"dead-letters", "list", "--reason=value_missing", "--id", "ab"}).parse();
  assert_string_equal(line.value().reason.c_str(), "value_missing");
  assert_string_equal(line.value().id.c_str(), "ab");
}

// No server is asked anything before.
void an_option_that_the_driver_does_not_take_is_rejected(void**) {
  const std::filesystem::path journal = "command_line_test.journal";
  std::filesystem::create_directory(journal);
  std::ofstream(journal / "lock").close();
  const std::vector<std::string> options[] = {
      {"--mongo-uri=mongodb://h:99999/"}, {"--mongo-uri=mongodb://h/?w=1"}, {"--mongo-user=u"}};
  for (const auto& option : options) {
    for (std::vector<std::string> words : {std::vector<std::string>{"count"},
                                           {"first"},
                                           {"last"},
                                           {"audit", "/dev/null"},
                                           {"dead-letters", "list"},
                                           {"dead-letters", "requeue"},
                                           {"journal", "deliver", journal.string()}}) {
      words.insert(words.end(), option.begin(), option.end());
      const Status status = run_line(words);
      assert_true(status.code() == StatusCode::kReject);
      assert_int_equal(exit_status(words.front(), status), 64);
    }
  }
  std::filesystem::remove_all(journal);
}

void the_time_after_which_delivery_gives_up_is_bounded(void**) {
  for (const char* seconds : {"0", "-1", "86401", "x", ""}) {
    const auto line = Arguments({"journal", "deliver", "/d", "--give-up-after", seconds}).parse();
    assert_true(line.code() == StatusCode::kReject);
  }
  assert_int_equal(
      Arguments({"journal", "deliver", "--give-up-after=7", "/d"}).parse().value().give_up_after_s,
      7);
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
  const CMUnitTest tests[] = {
      cmocka_unit_test(flags_may_stand_before_and_behind_the_command),
      cmocka_unit_test(a_switch_is_on_where_its_flag_has_no_value),
      cmocka_unit_test(a_uri_is_taken_and_no_longer_shows_in_the_process_list),
      cmocka_unit_test(a_password_is_no_flag_and_shows_in_no_message),
      cmocka_unit_test(what_is_wrong_with_a_flag_is_told),
      cmocka_unit_test(a_limit_out_of_bounds_is_rejected),
      cmocka_unit_test(a_command_must_be_given_and_be_known),
      cmocka_unit_test(a_command_rejects_what_it_does_not_take),
      cmocka_unit_test(a_command_of_two_words_names_the_second_ones_where_it_is_missing),
      cmocka_unit_test(what_chooses_dead_letters_is_checked),
      cmocka_unit_test(an_option_that_the_driver_does_not_take_is_rejected),
      cmocka_unit_test(the_time_after_which_delivery_gives_up_is_bounded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
