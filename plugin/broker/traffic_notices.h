// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.h"

namespace mongo_store::broker {

// Detects traffic that suggests a mistake in the options. A publish is only noted; log_new() logs
// each notice once. The broker's thread; noting allocates nothing.
class TrafficNotices {
 public:
  static constexpr std::int64_t kUnmatchedAfterMs = 60'000;

  TrafficNotices(const std::vector<std::string>& filters, bool has_message_ids,
                 std::int64_t start_ms);

  // Notes a publish that no filter matches. The broker's own topics ($SYS) don't count.
  void note_unmatched(const char* topic) {
    if (example_bytes_ == 0 && topic[0] != '$') keep_example(topic);
  }
  void note_qos2() { has_qos2_ = true; }

  // `matched`: the number of publishes that matched a filter so far. Monotonic time.
  void log_new(std::int64_t now_ms, std::uint64_t matched, Logger& logger);

 private:
  void keep_example(std::string_view topic);

  const std::string filters_;  // for the log line
  const bool has_message_ids_;
  const std::int64_t unmatched_from_ms_;
  std::array<char, 128> example_{};  // the first topic that no filter matched, or its first bytes
  std::size_t example_bytes_ = 0;
  bool has_qos2_ = false;
  bool is_unmatched_logged_ = false;
  bool is_qos2_logged_ = false;
};

// For the start: one line for each filter that can't match, or hardly matches, what devices
// publish.
std::vector<std::string> filter_warnings(const std::vector<std::string>& filters);

}  // namespace mongo_store::broker
