// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// A command of the program.
struct Command {
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> own_flags;  // the flags it accepts, apart from plugin options
  std::size_t arguments_max;
  // Writes the result to standard output. kReject: the command line or an option is wrong.
  Status (*run)(const CommandLine& line);
  int error_exit_status = 1;  // after a failure that exit_status() has no other rule for
};

// All commands, in the order of the help.
std::span<const Command> all_commands();

std::string commands_help();

// 64 for kReject: the command line or an option is wrong. 1 for kCorrupt: a command that checks
// something found a fault. Otherwise the command's own.
int exit_status(const std::string& command, const Status& status);

// Finds the command, checks its arguments and runs it. kReject: there is no such command.
Status run_command(const CommandLine& line);

}  // namespace mongo_store::cli
