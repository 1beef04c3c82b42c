// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/parse.h"

namespace mongo_store::cli {

// What a person asked for.
struct CommandLine {
  bool wants_help = false;
  bool wants_version = false;
  std::string command;                    // empty only with one of the two above
  std::vector<std::string> arguments;     // behind the command
  std::vector<config::Setting> settings;  // the plugin's options, as parse_flags() takes them
  std::vector<std::string> own_flags;     // those of our own that were given, by name
  std::int64_t limit = 5;
  std::int64_t give_up_after_s = 120;
  std::string config_file;  // --config
  std::string reason;       // empty: of any
  std::string id;           // empty: of any
};

// kReject: what is wrong, as one line without the value of any flag: a secret may have been given
// under the wrong name. What may be a secret is overwritten in argv at once, so that the process
// list no longer shows it.
Result<CommandLine> parse_command_line(int argc, char** argv);

// For --help: the flags, and `commands` behind them.
void print_help(const std::string& commands);

}  // namespace mongo_store::cli
