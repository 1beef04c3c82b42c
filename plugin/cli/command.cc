// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/command.h"

#include <sysexits.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "cli/audit_command.h"
#include "cli/flag_table.h"
#include "cli/reader_commands.h"

namespace mongo_store::cli {
namespace {

constexpr std::string_view kReaderFlags[] = {kDeadLettersFlag};
constexpr std::string_view kLastFlags[] = {kDeadLettersFlag, kLimitFlag};

constexpr std::string_view kAuditFlags[] = {kJsonFlag, kMessageIdsFlag};

constexpr Command kCommands[] = {
    {"count", "how many documents are stored", kReaderFlags, 0, run_count},
    {"first", "the first document, as Extended JSON in one line", kReaderFlags, 0, run_first},
    {"last", "the newest documents, the newest first, each in one line", kLastFlags, 0, run_last},
    {"audit", "hold ledgers of device-sim's against what is stored: audit LEDGER...", kAuditFlags,
     kLedgersMax, run_audit, kAuditErrorExitStatus},
};

Status check(const Command& command, const CommandLine& line) {
  for (const std::string& flag : line.own_flags) {
    if (std::ranges::find(command.own_flags, flag) == command.own_flags.end()) {
      return Status::reject(text(command.name, " doesn't take --", flag));
    }
  }
  if (line.arguments.size() > command.arguments_max) {
    return Status::reject(
        text(command.name, " takes no more than ", command.arguments_max, " arguments behind it"));
  }
  return Status();
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

std::string commands_help() {
  std::size_t widest = 0;
  for (const Command& command : kCommands) widest = std::max(widest, command.name.size());
  std::string help = "Commands:\n";
  for (const Command& command : kCommands) {
    const std::string gap(widest - command.name.size() + 2, ' ');
    help += text("  ", command.name, gap, command.help, "\n");
  }
  return help;
}

int exit_status(const std::string& command, const Status& status) {
  if (status.is_ok()) return EXIT_SUCCESS;
  if (status.code() == StatusCode::kReject) return EX_USAGE;
  if (status.code() == StatusCode::kCorrupt) return EXIT_FAILURE;
  const auto* found = std::ranges::find(kCommands, command, &Command::name);
  return found == std::end(kCommands) ? EXIT_FAILURE : found->error_exit_status;
}

Status run_command(const CommandLine& line) {
  for (const Command& command : kCommands) {
    if (command.name != line.command) continue;
    Status status = check(command, line);
    return status.is_ok() ? command.run(line) : status;
  }
  return Status::reject(text("there is no command ", escaped(line.command, 64)));
}

}  // namespace mongo_store::cli
