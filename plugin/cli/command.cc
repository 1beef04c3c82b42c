// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/command.h"

#include <sysexits.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "cli/audit_command.h"
#include "cli/dead_letter_commands.h"
#include "cli/flag_table.h"
#include "cli/journal_commands.h"
#include "cli/journal_delivery.h"
#include "cli/reader_commands.h"

namespace mongo_store::cli {
namespace {

constexpr std::string_view kReaderFlags[] = {kConfigFlag, kDeadLettersFlag};
constexpr std::string_view kLastFlags[] = {kConfigFlag, kDeadLettersFlag, kLimitFlag};
constexpr std::string_view kListFlags[] = {kConfigFlag, kIdFlag, kLimitFlag, kReasonFlag};
constexpr std::string_view kRequeueFlags[] = {kConfigFlag, kIdFlag, kReasonFlag};
constexpr std::string_view kDumpFlags[] = {kAllFlag};
constexpr std::string_view kDeliverFlags[] = {kConfigFlag, kGiveUpAfterFlag};

constexpr std::string_view kAuditFlags[] = {kConfigFlag, kJsonFlag, kMessageIdsFlag};

constexpr Command kCommands[] = {
    {"count", "the number of stored documents", kReaderFlags, 0, run_count},
    {"first", "the first document, as one line of Extended JSON", kReaderFlags, 0, run_first},
    {"last", "the newest documents, newest first, one line each", kLastFlags, 0, run_last},
    {"audit", "LEDGER...: compares ledgers of device-sim with what is stored", kAuditFlags,
     kLedgersMax, run_audit, kAuditErrorExitStatus},
    {"journal inspect",
     "DIR: shows what the journals in a folder contain",
     {},
     1,
     run_journal_inspect},
    {"journal verify", "DIR: checks each record and reports damage", {}, 1, run_journal_verify},
    {"journal dump", "DIR: the pending records, one line of JSON each", kDumpFlags, 1,
     run_journal_dump},
    {"journal deliver", "DIR: delivers journals to MongoDB if no broker will", kDeliverFlags, 1,
     run_journal_deliver},
    {"dead-letters list", "the newest dead letters, newest first, one line of JSON each",
     kListFlags, 0, run_dead_letters_list},
    {"dead-letters requeue",
     "makes documents from dead letters once the cause is fixed, or with --lenient. Give "
     "--message-id and other options that change documents as the brokers have them. An "
     "id_conflict remains as long as the other document exists",
     kRequeueFlags, 0, run_dead_letters_requeue},
};

// The second words of the commands that begin with this word: "inspect, verify, dump".
std::string second_words(std::string_view first) {
  const std::string group = text(first, ' ');
  std::string words;
  for (const Command& command : kCommands) {
    if (!command.name.starts_with(group)) continue;
    words += text(words.empty() ? "" : ", ", command.name.substr(group.size()));
  }
  return words;
}

// A command's name has one word, or two: then the second was parsed as the first argument.
CommandLine with_whole_name(CommandLine line) {
  if (second_words(line.command).empty() || line.arguments.empty()) return line;
  line.command += text(' ', line.arguments.front());
  line.arguments.erase(line.arguments.begin());
  return line;
}

std::string arguments_text(std::size_t most) {
  if (most == 0) return "no argument";
  return text("at most ", most, most == 1 ? " argument" : " arguments");
}

Status check(const Command& command, const CommandLine& line) {
  for (const std::string& flag : line.own_flags) {
    if (std::ranges::find(command.own_flags, flag) == command.own_flags.end()) {
      return Status::reject(text(command.name, " doesn't accept --", flag));
    }
  }
  if (line.arguments.size() > command.arguments_max) {
    return Status::reject(text(command.name, " accepts ", arguments_text(command.arguments_max)));
  }
  return Status();
}

constexpr std::size_t kColumns = 78;  // argp breaks longer lines

// Breaks the words into lines that begin below the first one.
void append_wrapped(std::string_view words, std::size_t indent, std::string& to) {
  std::size_t column = indent;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > kColumns) {
      to += text("\n", std::string(indent, ' '));
      column = indent;
    }
    to += text(column > indent ? " " : "", word);
    column += word.size() + (column > indent ? 1 : 0);
  }
  to += "\n";
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

std::string commands_help() {
  std::size_t widest = 0;
  for (const Command& command : kCommands) widest = std::max(widest, command.name.size());
  std::string help = "Commands:\n";
  for (const Command& command : kCommands) {
    const std::string gap(widest - command.name.size() + 2, ' ');
    help += text("  ", command.name, gap);
    append_wrapped(command.help, widest + 4, help);
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

Status run_command(const CommandLine& given) {
  const CommandLine line = with_whole_name(given);
  for (const Command& command : kCommands) {
    if (command.name != line.command) continue;
    Status status = check(command, line);
    return status.is_ok() ? command.run(line) : status;
  }
  const std::string words = second_words(given.command);
  if (words.empty()) return Status::reject(text("unknown command ", escaped(line.command, 64)));
  return Status::reject(text(given.command, " requires one of ", words));
}

}  // namespace mongo_store::cli
