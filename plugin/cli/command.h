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
};

// All commands, in the order in which help lists them.
std::span<const Command> all_commands();

std::string commands_help();

// Finds the command and runs it with what it takes; kReject where there is none such.
Status run_command(const CommandLine& line);

}  // namespace mongo_store::cli
