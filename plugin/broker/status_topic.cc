// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/status_topic.h"

#include <cjson/cJSON.h>

#include "broker/mosquitto_api.h"
#include "message/cjson_ptr.h"

namespace mongo_store::broker {
namespace {

// Exact up to 10^15, the precision that cJSON prints.
void add(cJSON* to, const char* name, std::uint64_t value) {
  cJSON_AddNumberToObject(to, name, static_cast<double>(value));
}

void add_balance(cJSON* to, const BalanceSheet& sheet) {
  const journal::SettledCounts& settled = sheet.journal.settled;
  add(to, "appended", sheet.journal.appended);
  add(to, "stored", settled.stored);
  add(to, "duplicates", settled.duplicates);
  add(to, "dead_lettered", settled.dead_lettered);
  add(to, "damaged", settled.damaged);
  add(to, "pending", sheet.journal.pending);
  add(to, "received", sheet.broker.received);
  add(to, "appended_since_start", sheet.broker.appended);
  add(to, "refused", sheet.broker.refused);
  add(to, "unkept", sheet.broker.unkept);
  add(to, "ignored", sheet.broker.ignored);
}

}  // namespace

std::string status_json(const BalanceSheet& sheet, const StatusFacts& facts,
                        const std::vector<metrics::Sample>& samples) {
  const message::CJsonPtr status(cJSON_CreateObject());
  cJSON_AddStringToObject(status.get(), "version", MONGO_STORE_VERSION);
  add(status.get(), "time_ms", static_cast<std::uint64_t>(facts.time_ms));
  cJSON_AddStringToObject(status.get(), "gateway_id", facts.gateway_id.c_str());
  cJSON_AddStringToObject(status.get(), "journal", facts.journal.c_str());
  add_balance(status.get(), sheet);
  add(status.get(), "journal_bytes", facts.journal_bytes);
  add(status.get(), "journal_bytes_max", facts.journal_bytes_max);
  cJSON_AddBoolToObject(status.get(), "refusing", facts.is_refusing ? 1 : 0);
  cJSON_AddBoolToObject(status.get(), "clock_suspect", facts.is_clock_suspect ? 1 : 0);
  for (const metrics::Sample& sample : samples) {
    cJSON_AddNumberToObject(status.get(), std::string(sample.name).c_str(),
                            static_cast<double>(sample.value));
  }
  const message::CJsonText printed(cJSON_PrintUnformatted(status.get()));
  return printed == nullptr ? std::string() : std::string(printed.get());
}

void publish_status(const std::string& json) {
  if (json.empty()) return;
  mosquitto_broker_publish_copy(nullptr, kStatusTopic, static_cast<int>(json.size()), json.data(),
                                0, true, nullptr);
}

}  // namespace mongo_store::broker
