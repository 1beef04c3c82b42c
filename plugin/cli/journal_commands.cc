// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/journal_commands.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/flag_table.h"
#include "cli/print_line.h"
#include "cli/record_json.h"
#include "cli/time_text.h"
#include "journal/inspection.h"
#include "journal/journal_search.h"
#include "journal/posix_file_system.h"
#include "message/delivery_context.h"
#include "message/publish.h"

namespace mongo_store::cli {
namespace {

using journal::FoundDamage;
using journal::FoundRecord;
using journal::Inspection;

std::string counted(std::uint64_t count, const std::string& noun) {
  return text(count, ' ', noun, count == 1 ? "" : "s");
}

std::string damage_text(const std::string& directory, const FoundDamage& damage) {
  std::string where = damage.segment == 0
                          ? directory
                          : text(directory, '/', journal::segment_name(damage.segment),
                                 " at offset ", damage.offset);
  if (damage.bytes > 0) where += text(", ", counted(damage.bytes, "byte"));
  return text(where, ": ", damage.reason, "; ", counted(damage.records, "record"), " lost",
              damage.is_settled ? ", already counted as damaged" : "");
}

// Calls `look` for each journal in the folder.
template <typename Look>
Status for_each_journal(const CommandLine& line, Look look) {
  if (line.arguments.empty()) return Status::reject(text(line.command, ": DIR is required"));
  journal::PosixFileSystem files(journal::PosixFileSystem::Access::kLooking);
  const Result<std::vector<std::string>> journals =
      journal::find_journals(line.arguments.front(), files);
  if (!journals.is_ok()) return journals.status();
  for (const std::string& directory : journals.value()) {
    Status looked = look(directory, files);
    if (!looked.is_ok()) return looked;
  }
  return Status();
}

class Times final : public journal::InspectionVisitor {
 public:
  void on_record(const FoundRecord& record) override {
    if (record.is_settled) return;
    const Result<message::Publish> publish = message::decode_publish(record.id, record.body);
    const std::int64_t arrival_ms =
        publish.is_ok() ? publish.value().arrival_ms : std::int64_t{record.id.seconds()} * 1000;
    oldest_ms_ = is_any_ ? std::min(oldest_ms_, arrival_ms) : arrival_ms;
    newest_ms_ = is_any_ ? std::max(newest_ms_, arrival_ms) : arrival_ms;
    first_ = is_any_ ? first_ : record.sequence;
    last_ = record.sequence;
    is_any_ = true;
  }
  void on_damage(const FoundDamage&) override {}

  void print() const {
    if (!is_any_) return;
    print_line(text("  sequence   ", first_, " to ", last_));
    print_line(text("  oldest     ", time_text(oldest_ms_)));
    print_line(text("  newest     ", time_text(newest_ms_)));
  }

 private:
  bool is_any_ = false;
  std::int64_t oldest_ms_ = 0;
  std::int64_t newest_ms_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

std::string state_text(const Inspection& found) {
  switch (found.checkpoint_found.code()) {
    case StatusCode::kOk:
      return found.checkpoint.is_clean ? "not in use; the broker stopped cleanly"
                                       : "in use by a broker, or the broker didn't stop cleanly";
    case StatusCode::kAbsent: return "no checkpoint: all records count as pending";
    default: return "the checkpoint is damaged: all records count as pending";
  }
}

void print_inspection(const std::string& directory, const Inspection& found, const Times& times) {
  const journal::SettledCounts& settled = found.checkpoint.settled;
  print_line(text("journal ", directory));
  print_line(text("  state      ", state_text(found)));
  print_line(text("  settled    ", settled.total(), ": stored ", settled.stored, ", duplicates ",
                  settled.duplicates, ", dead_lettered ", settled.dead_lettered, ", damaged ",
                  settled.damaged));
  print_line(text("  segments   ", found.segments, ", ", found.segment_bytes, " bytes; ",
                  found.ready_segments, " of them still empty"));
  print_line(text("  records    ", found.records));
  print_line(text("  pending    ", found.pending));
  times.print();
  print_line(text("  damaged    ", found.damaged_pending, " records not yet counted, in ",
                  counted(found.damages, "place")));
  print_line(text("  set aside  ", found.set_aside_files, " .damaged files, ",
                  found.set_aside_bytes, " bytes"));
  if (found.kept_payloads == 0) return;
  print_line(text("  payloads   ", found.kept_payloads, " .payload files, ",
                  found.kept_payload_bytes, " bytes, of dead letters stored without payload"));
}

class DamagePrinter : public journal::InspectionVisitor {
 public:
  DamagePrinter(const std::string& directory, std::FILE* to) : directory_(directory), to_(to) {}

  void on_record(const FoundRecord& record) override {
    if (record.segment == segment_) return;
    segment_ = record.segment;
    const auto context = message::decode_context(record.context);
    if (context.is_ok()) return;
    ++problems_;
    print(text(directory_, '/', journal::segment_name(segment_),
               ": its delivery context can't be read: ", context.message()));
  }
  void on_damage(const FoundDamage& damage) override {
    ++problems_;
    print(damage_text(directory_, damage));
  }

  std::uint64_t problems() const { return problems_; }

 protected:
  void print(const std::string& line) { (void)std::fprintf(to_, "%s\n", line.c_str()); }

 private:
  const std::string& directory_;
  std::FILE* const to_;
  std::uint64_t segment_ = 0;  // the last one whose context was checked
  std::uint64_t problems_ = 0;
};

class Dumper final : public DamagePrinter {
 public:
  Dumper(const std::string& directory, bool is_all)
      : DamagePrinter(directory, stderr),
        name_(directory.substr(directory.rfind('/') + 1)),
        is_all_(is_all) {}

  void on_record(const FoundRecord& record) override {
    DamagePrinter::on_record(record);
    if (is_all_ || !record.is_settled) print_line(record_json(name_, record));
  }

 private:
  const std::string name_;
  const bool is_all_;
};

}  // namespace

Status run_journal_inspect(const CommandLine& line) {
  return for_each_journal(line, [](const std::string& directory, journal::FileSystem& files) {
    Times times;
    const Result<Inspection> found = journal::inspect(directory, files, times);
    if (found.is_ok()) print_inspection(directory, found.value(), times);
    return found.status();
  });
}

Status run_journal_verify(const CommandLine& line) {
  std::uint64_t problems = 0;
  Status verified =
      for_each_journal(line, [&](const std::string& directory, journal::FileSystem& files) {
        DamagePrinter printer(directory, stdout);
        const Result<Inspection> found = journal::inspect(directory, files, printer);
        if (!found.is_ok()) return found.status();
        problems += printer.problems();
        if (found.value().checkpoint_found.code() == StatusCode::kCorrupt) {
          ++problems;
          print_line(text(directory, '/', journal::kCheckpointName, ": ",
                          found.value().checkpoint_found.message()));
        }
        print_line(text("journal ", directory, ": ", counted(found.value().records, "record"),
                        " checked, ", found.value().pending, " of them pending; damage in ",
                        counted(found.value().damages, "place")));
        return Status();
      });
  if (!verified.is_ok() || problems == 0) return verified;
  return Status::corrupt(text(counted(problems, "problem"), " found"));
}

Status run_journal_dump(const CommandLine& line) {
  const bool is_all = std::ranges::find(line.own_flags, kAllFlag) != line.own_flags.end();
  return for_each_journal(line, [&](const std::string& directory, journal::FileSystem& files) {
    Dumper dumper(directory, is_all);
    return journal::inspect(directory, files, dumper).status();
  });
}

}  // namespace mongo_store::cli
