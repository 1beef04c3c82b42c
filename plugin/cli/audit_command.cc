// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/audit_command.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/audit.h"
#include "cli/audit_text.h"
#include "cli/connection.h"
#include "cli/flag_table.h"
#include "cli/progress.h"
#include "cli/stored_message.h"
#include "mongo/document_reader.h"

namespace mongo_store::cli {
namespace {

bool has_flag(const CommandLine& line, std::string_view flag) {
  return std::ranges::find(line.own_flags, flag) != line.own_flags.end();
}

Status read_ledgers(const std::vector<std::string>& paths, Audit& audit, LedgerFiles& files) {
  for (const std::string& path : paths) {
    const Result<LedgerSize> size =
        read_ledger(path, [&audit](const LedgerLine& line) { audit.add_line(line); });
    if (!size.is_ok()) return size.status();
    ++files.files;
    files.lines += size.value().lines;
    if (size.value().is_cut_short) ++files.cut_lines;
  }
  return Status();
}

struct Documents : mongo::DocumentVisitor {
  explicit Documents(Audit& into) : audit(into) {}
  void on_document(const bson_t& found) override {
    audit.add_document(message_of_document(found));
    progress.on_document(found);
  }
  Audit& audit;
  Progress progress{"documents"};
};

struct DeadLetters : mongo::DocumentVisitor {
  explicit DeadLetters(Audit& into) : audit(into) {}
  void on_document(const bson_t& found) override {
    audit.add_dead_letter(message_of_dead_letter(found));
    progress.on_document(found);
  }
  Audit& audit;
  Progress progress{"dead letters"};
};

Status read_stored(const config::Config& config, Audit& audit) {
  const auto reader = mongo::DocumentReader::open(connection_options_of(config));
  if (!reader.is_ok()) return opening_failure(reader.status());
  Documents documents(audit);
  Status status = reader.value()->each(config.database, config.collection, documents);
  if (!status.is_ok()) return status;
  DeadLetters dead_letters(audit);
  return reader.value()->each(config.database, config.dead_letter_collection, dead_letters);
}

Status verdict(const AuditReport& report) {
  if (report.is_passed()) return Status();
  return Status::corrupt(text("the audit found ", report.missing.count, " missing and ",
                              report.doubled.count, " doubled"));
}

}  // namespace

Status run_audit(const CommandLine& line) {
  if (line.arguments.empty()) return Status::reject("audit requires at least one LEDGER");
  const Result<config::Config> config = load_config(line);
  if (!config.is_ok()) return config.status();
  Audit audit(has_flag(line, kMessageIdsFlag));
  LedgerFiles files;
  Status status = read_ledgers(line.arguments, audit, files);
  if (status.is_ok()) status = read_stored(config.value(), audit);
  if (!status.is_ok()) return status;
  const AuditReport report = audit.report();
  const std::string printed =
      has_flag(line, kJsonFlag) ? audit_json(report, files) : audit_text(report, files);
  (void)std::fputs(printed.c_str(), stdout);
  return verdict(report);
}

}  // namespace mongo_store::cli
