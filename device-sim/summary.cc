// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/summary.h"

#include <cjson/cJSON.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>

namespace mongo_store::device_sim {
namespace {

double as_milliseconds(std::chrono::microseconds latency) {
  return static_cast<double>(latency.count()) / 1000.0;
}

double rounded(double number) { return std::round(number * 1000.0) / 1000.0; }

void add_latencies(cJSON* object, const Latency& latency) {
  if (latency.is_empty()) {
    cJSON_AddNullToObject(object, "latency_ms");
    return;
  }
  cJSON* parts = cJSON_AddObjectToObject(object, "latency_ms");
  cJSON_AddNumberToObject(parts, "p50", as_milliseconds(latency.quantile(0.50)));
  cJSON_AddNumberToObject(parts, "p99", as_milliseconds(latency.quantile(0.99)));
  cJSON_AddNumberToObject(parts, "max", as_milliseconds(latency.max()));
}

void add_never_connected(cJSON* object, const Tally& tally) {
  cJSON_AddNumberToObject(object, "never_connected",
                          static_cast<double>(tally.devices - tally.connected));
  if (tally.never_connected.empty()) return;
  cJSON* reasons = cJSON_AddObjectToObject(object, "never_connected_because");
  for (const auto& [reason, devices] : tally.never_connected) {
    cJSON_AddNumberToObject(reasons, reason.c_str(), static_cast<double>(devices));
  }
}

std::string never_connected_lines(const Tally& tally) {
  std::string lines;
  for (const auto& [reason, devices] : tally.never_connected) {
    lines += "never connected " + std::to_string(devices) + " (" + reason + ")\n";
  }
  return lines;
}

std::string latency_line(const Latency& latency) {
  if (latency.is_empty()) return "";
  std::array<char, 160> line{};
  (void)std::snprintf(line.data(), line.size(),
                      "latency         p50 %.3f ms, p99 %.3f ms, max %.3f ms\n",
                      as_milliseconds(latency.quantile(0.50)),
                      as_milliseconds(latency.quantile(0.99)), as_milliseconds(latency.max()));
  return line.data();
}

}  // namespace

double Tally::rate() const {
  if (acknowledged == 0 || last_acknowledged <= first_sent) return 0;
  const std::chrono::duration<double> seconds = last_acknowledged - first_sent;
  return static_cast<double>(acknowledged) / seconds.count();
}

std::string summary_text(const Tally& tally) {
  std::array<char, 512> text{};
  (void)std::snprintf(text.data(), text.size(),
                      "sent            %llu\n"
                      "acknowledged    %llu\n"
                      "unacknowledged  %llu\n"
                      "rate            %.1f messages/s\n"
                      "reconnects      %llu\n",
                      static_cast<unsigned long long>(tally.sent),
                      static_cast<unsigned long long>(tally.acknowledged),
                      static_cast<unsigned long long>(tally.sent - tally.acknowledged),
                      tally.rate(), static_cast<unsigned long long>(tally.reconnects));
  return "devices         " + std::to_string(tally.devices) + "\nconnected       " +
         std::to_string(tally.connected) + "\n" + never_connected_lines(tally) + text.data() +
         latency_line(tally.latency);
}

std::string summary_json(const Tally& tally) {
  const std::unique_ptr<cJSON, decltype(&cJSON_Delete)> object(cJSON_CreateObject(), cJSON_Delete);
  const auto add = [&](const char* name, std::uint64_t number) {
    cJSON_AddNumberToObject(object.get(), name, static_cast<double>(number));
  };
  add("devices", tally.devices);
  add("connected", tally.connected);
  add_never_connected(object.get(), tally);
  add("sent", tally.sent);
  add("acknowledged", tally.acknowledged);
  add("unacknowledged", tally.sent - tally.acknowledged);
  cJSON_AddNumberToObject(object.get(), "rate", rounded(tally.rate()));
  add("reconnects", tally.reconnects);
  add_latencies(object.get(), tally.latency);
  const std::unique_ptr<char, decltype(&cJSON_free)> text(cJSON_PrintUnformatted(object.get()),
                                                          cJSON_free);
  return text == nullptr ? "" : std::string(text.get()) + "\n";
}

}  // namespace mongo_store::device_sim
