// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/parse.h"

namespace mongo_store::cli {

// The parsed command line.
struct CommandLine {
  bool wants_help = false;
  bool wants_version = false;
  std::string command;                    // empty only with --help or --version
  std::vector<std::string> arguments;     // after the command
  std::vector<config::Setting> settings;  // the plugin's options, for parse_flags()
  std::vector<std::string> own_flags;     // the given flags that are no plugin options, by name
  std::int64_t limit = 5;
  std::int64_t give_up_after_s = 120;
  std::string config_file;  // --config
  std::string reason;       // empty: any
  std::string id;           // empty: any
};

// kReject: what is wrong, as one line without the value of any flag, which may be a secret given
// under the wrong name. Values that may be secrets are overwritten in argv at once, so that the
// process list no longer shows them.
Result<CommandLine> parse_command_line(int argc, char** argv);

// Prints the text of --help with this list of commands.
void print_help(const std::string& commands);

}  // namespace mongo_store::cli
