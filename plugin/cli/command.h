// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// One thing that the program can do.
struct Command {
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> own_flags;  // of those that are no options, which it takes
  std::size_t arguments_max;
  // Writes what was asked for to standard output. kReject: the command line or an option is wrong.
  Status (*run)(const CommandLine& line);
  int error_exit_status = 1;  // of what failed, but for the two of exit_status()
};

// All commands, in the order in which help lists them.
std::span<const Command> all_commands();

std::string commands_help();

// 64: kReject, the command line or an option is wrong. 1: kCorrupt, a command that examines did its
// work and found what shouldn't be. Else the command's own.
int exit_status(const std::string& command, const Status& status);

// Finds the command and runs it with what it takes; kReject where there is none such.
Status run_command(const CommandLine& line);

}  // namespace mongo_store::cli
