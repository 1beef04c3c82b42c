// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "broker/balance.h"
#include "metrics/registry.h"

namespace mongo_store::broker {

inline constexpr const char* kStatusTopic = "$SYS/broker/plugin/mongo_store";
inline constexpr std::int64_t kStatusIntervalMs = 10'000;

// The parts of the status other than the balance and the metrics.
struct StatusFacts {
  std::string gateway_id;
  std::string journal;  // the journal's folder
  std::uint64_t journal_bytes = 0;
  std::uint64_t journal_bytes_max = 0;
  bool is_refusing = false;
  bool is_clock_suspect = false;
  std::int64_t time_ms = 0;  // UTC
};

// One JSON object in one message, so that all its numbers belong to one moment.
std::string status_json(const BalanceSheet& sheet, const StatusFacts& facts,
                        const std::vector<metrics::Sample>& samples);

// Publishes the status, retained. The broker's thread.
void publish_status(const std::string& json);

}  // namespace mongo_store::broker
