// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/audit_text.h"

#include <cjson/cJSON.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "message/cjson_ptr.h"

namespace mongo_store::cli {
namespace {

struct Count {
  const char* name;  // the JSON field; the text for people has spaces for underscores
  std::uint64_t number;
};

struct NamedFinding {
  const char* name;
  AuditFinding AuditReport::*finding;
};

constexpr NamedFinding kFindings[] = {
    {"missing", &AuditReport::missing},
    {"doubled", &AuditReport::doubled},
    {"doubled_by_resend", &AuditReport::doubled_by_resend},
    {"unexpected", &AuditReport::unexpected},
    {"out_of_order", &AuditReport::out_of_order},
    {"dead_lettered", &AuditReport::dead_lettered},
};

std::vector<Count> counts_of(const AuditReport& report, const LedgerFiles& ledgers) {
  std::vector<Count> counts = {
      {"ledgers", ledgers.files},
      {"lines", ledgers.lines},
      {"cut_lines", ledgers.cut_lines},
      {"devices", report.devices},
      {"messages", report.messages},
      {"acknowledged", report.acknowledged},
      {"documents", report.documents},
      {"dead_letters", report.dead_letters},
      {"stored", report.stored},
      {"stored_unacknowledged", report.stored_unacknowledged},
      {"absent_unacknowledged", report.absent_unacknowledged},
  };
  for (const NamedFinding& named : kFindings) {
    counts.push_back({named.name, (report.*named.finding).count});
  }
  return counts;
}

std::string with_blanks(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string example_line(const char* name, const AuditExample& example) {
  const std::string device =
      example.device.empty() ? "no device" : text("device ", escaped(example.device));
  const std::string sequence =
      example.sequence.has_value() ? text("sequence ", *example.sequence) : "no sequence";
  return text(with_blanks(name), ": ", device, ", ", sequence, ": sends ", example.sends,
              ", documents ", example.documents, ", dead letters ", example.dead_letters, "\n");
}

void add_examples(cJSON* object, const NamedFinding& named, const AuditReport& report) {
  cJSON* list = cJSON_AddArrayToObject(object, named.name);
  for (const AuditExample& example : (report.*named.finding).examples) {
    cJSON* item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "device", example.device.c_str());
    if (example.sequence.has_value()) {
      cJSON_AddNumberToObject(item, "sequence", static_cast<double>(*example.sequence));
    } else {
      cJSON_AddNullToObject(item, "sequence");
    }
    cJSON_AddNumberToObject(item, "sends", example.sends);
    cJSON_AddNumberToObject(item, "documents", example.documents);
    cJSON_AddNumberToObject(item, "dead_letters", example.dead_letters);
    cJSON_AddItemToArray(list, item);
  }
}

}  // namespace

std::string audit_text(const AuditReport& report, const LedgerFiles& ledgers) {
  constexpr std::size_t kNameWidth = 24;
  std::string lines;
  for (const Count& count : counts_of(report, ledgers)) {
    std::string name = with_blanks(count.name);
    name.resize(kNameWidth, ' ');
    const bool is_unchecked =
        std::string_view(count.name) == "out_of_order" && !report.is_order_checked;
    lines += text(name, is_unchecked ? "not checked" : std::to_string(count.number), "\n");
  }
  for (const NamedFinding& named : kFindings) {
    for (const AuditExample& example : (report.*named.finding).examples) {
      lines += example_line(named.name, example);
    }
  }
  return lines + (report.is_passed() ? "passed\n" : "failed\n");
}

std::string audit_json(const AuditReport& report, const LedgerFiles& ledgers) {
  const message::CJsonPtr object(cJSON_CreateObject());
  cJSON_AddBoolToObject(object.get(), "passed", static_cast<cJSON_bool>(report.is_passed()));
  for (const Count& count : counts_of(report, ledgers)) {
    cJSON_AddNumberToObject(object.get(), count.name, static_cast<double>(count.number));
  }
  cJSON_AddBoolToObject(object.get(), "order_checked",
                        static_cast<cJSON_bool>(report.is_order_checked));
  cJSON* examples = cJSON_AddObjectToObject(object.get(), "examples");
  for (const NamedFinding& named : kFindings) add_examples(examples, named, report);
  const message::CJsonText printed(cJSON_PrintUnformatted(object.get()));
  return printed == nullptr ? "" : std::string(printed.get()) + "\n";
}

}  // namespace mongo_store::cli
