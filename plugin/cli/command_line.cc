// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/command_line.h"

#include <argp.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/flag_table.h"

namespace mongo_store::cli {
namespace {

constexpr std::int64_t kLimitMax = 1'000'000;
constexpr std::int64_t kGiveUpAfterMaxS = 86'400;

struct Parse {
  std::vector<Flag> flags = make_flag_table();
  CommandLine line;
  std::string problem;  // empty: none so far
};

std::vector<argp_option> argp_options_of(const std::vector<Flag>& flags) {
  std::vector<argp_option> options;
  for (const Flag& flag : flags) {
    const char* value_name = flag.value_name.empty() ? nullptr : flag.value_name.c_str();
    const int is_optional = flag.is_switch ? OPTION_ARG_OPTIONAL : 0;
    options.push_back({flag.name.c_str(), flag.key, value_name, is_optional, flag.help.c_str(), 0});
  }
  options.push_back({});
  return options;
}

const Flag* flag_with(int key, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (flag.key == key) return &flag;
  }
  return nullptr;
}

std::string_view name_of(const char* argument) {
  const std::string_view whole(argument);
  return whole.substr(0, whole.find('='));
}

// The C library completes abbreviated flags. Here a flag must be whole: --mongo-password would be
// completed to --mongo-password-file, and an error would show the password as the file's name.
bool is_written_out(const Flag& flag, const argp_state& state) {
  const std::string written = text("--", flag.name);
  for (const int back : {1, 2}) {
    const int at = state.next - back;
    if (at > 0 && name_of(state.argv[at]) == written) return true;
  }
  return false;
}

void read_number(const Flag& flag, std::string_view value, std::int64_t& to, std::int64_t max,
                 Parse& parse) {
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, to);
  if (error != std::errc() || stop != end || to < 1 || to > max) {
    parse.problem = text("--", flag.name, " accepts a whole number from 1 to ", max);
  }
}

// Accepts `--lenient`, `--lenient=on` and `--lenient on`.
std::string switch_value(const Flag& flag, const char* value, argp_state& state) {
  if (value != nullptr) return value;
  const std::string_view next = state.next < state.argc ? state.argv[state.next] : "";
  if (next != flag.option->choices[0] && next != flag.option->choices[1]) {
    return std::string(kSwitchedOn);
  }
  ++state.next;
  return std::string(next);
}

void add_flag(const Flag& flag, char* value, argp_state& state, Parse& parse) {
  CommandLine& line = parse.line;
  if (flag.is_switch) {
    line.settings.push_back({std::string(flag.option->key), switch_value(flag, value, state)});
    return;
  }
  if (flag.option != nullptr) {
    line.settings.push_back({std::string(flag.option->key), value});
    if (config::is_secret(*flag.option)) std::memset(value, 'x', std::strlen(value));
    return;
  }
  if (std::ranges::find(line.own_flags, flag.name) != line.own_flags.end()) {
    parse.problem = text("--", flag.name, " is given twice");
    return;
  }
  line.own_flags.push_back(flag.name);
  if (flag.name == kHelpFlag) line.wants_help = true;
  if (flag.name == kVersionFlag) line.wants_version = true;
  if (flag.name == kLimitFlag) read_number(flag, value, line.limit, kLimitMax, parse);
  if (flag.name == kConfigFlag) line.config_file = value;
  if (flag.name == kReasonFlag) line.reason = value;
  if (flag.name == kIdFlag) line.id = value;
  if (flag.name == kGiveUpAfterFlag) {
    read_number(flag, value, line.give_up_after_s, kGiveUpAfterMaxS, parse);
  }
}

void add_argument(const char* argument, CommandLine& line) {
  if (line.command.empty()) {
    line.command = argument;
  } else {
    line.arguments.emplace_back(argument);
  }
}

std::string unknown_flag(std::string_view name, const std::vector<Flag>& flags) {
  std::vector<std::string_view> names;
  for (const Flag& flag : flags) names.push_back(flag.name);
  const std::string_view nearest = config::nearest_name(name, names);
  const std::string advice = nearest.empty() ? "" : text("; did you mean --", nearest, "?");
  return text("--", escaped(name, 64), " is not a flag", advice);
}

// state.next is after the flag that the C library refused, except after a word with one dash.
std::string problem_with(const argp_state& state, const std::vector<Flag>& flags) {
  const std::string_view argument = state.argv[state.next - 1];
  constexpr std::string_view kNotLong = "unknown flag; accepted: flags that begin with two dashes";
  if (!argument.starts_with("--")) return std::string(kNotLong);
  const std::string_view name = argument.substr(2, argument.find('=') - 2);
  const auto flag = std::ranges::find(flags, name, &Flag::name);
  if (flag == flags.end()) return unknown_flag(name, flags);
  const bool has_value = argument.find('=') != std::string_view::npos;
  if (flag->value_name.empty() == has_value) {
    return text("--", name, has_value ? " accepts no value" : " requires a value");
  }
  return std::string(kNotLong);
}

error_t parse_one(int key, char* value, argp_state* state) {
  auto& parse = *static_cast<Parse*>(state->input);
  if (key == ARGP_KEY_ARG) {
    add_argument(value, parse.line);
    return 0;
  }
  if (key == ARGP_KEY_ERROR && parse.problem.empty()) {
    parse.problem = problem_with(*state, parse.flags);
  }
  const Flag* flag = flag_with(key, parse.flags);
  if (flag == nullptr) return ARGP_ERR_UNKNOWN;
  if (!is_written_out(*flag, *state)) {
    parse.problem = text("unknown or abbreviated flag; did you mean --", flag->name, "?");
    return EINVAL;
  }
  add_flag(*flag, value, *state, parse);
  return parse.problem.empty() ? 0 : EINVAL;
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, char** argv) {
  Parse parse;
  const std::vector<argp_option> options = argp_options_of(parse.flags);
  const argp parser = {options.data(), parse_one, nullptr, nullptr, nullptr, nullptr, nullptr};
  // The C library's own messages would show the value of a flag.
  const unsigned silent = ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT;
  const error_t error = argp_parse(&parser, argc, argv, silent, nullptr, &parse);
  if (error != 0 && parse.problem.empty()) parse.problem = "the flags can't be parsed";
  if (!parse.problem.empty()) return Status::reject(std::move(parse.problem));
  const CommandLine& line = parse.line;
  if (line.command.empty() && !line.wants_help && !line.wants_version) {
    return Status::reject("a command is required");
  }
  return std::move(parse.line);
}

void print_help(const std::string& commands) {
  const std::vector<Flag> flags = make_flag_table();
  const std::vector<argp_option> options = argp_options_of(flags);
  const std::string text_around = text(
      "Shows what the plugin stored, checks and delivers journals, and makes documents from dead "
      "letters.\n\n",
      commands,
      "\vThe plugin's options can also come from the environment, as MONGO_STORE_ and the "
      "option's name (MONGO_STORE_MONGO_URI), and from the broker's configuration (--config). "
      "Flags win over the environment, the environment over the configuration. The password "
      "comes from --mongo-password-file, MONGO_STORE_MONGO_PASSWORD or the "
      "configuration.\n\nExit status: 0: success; 1: failure, or audit "
      "found a missing or doubled message; 2: audit couldn't be done; 64: the command line or "
      "an option is wrong.");
  const argp parser = {options.data(), nullptr, "COMMAND", text_around.c_str(),
                       nullptr,        nullptr, nullptr};
  char name[] = "mongo-store";
  argp_help(&parser, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
}

}  // namespace mongo_store::cli
