// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/logger.h"

namespace mongo_store::broker {

// Decides on the time of arrival, and whether the machine's clock can be right. It can't be right
// if it shows a time before this build, or before a message that has already arrived. Milliseconds
// since 1970 in UTC. The broker's thread only. The clock and the logger must outlive it.
class ArrivalClock {
 public:
  static constexpr std::int64_t kCheckIntervalMs = 1000;
  // How far a clock may be set back, and how far the journal's newest identifier may be ahead of
  // it: each start begins a new second.
  static constexpr std::int64_t kToleranceMs = 60'000;
  static constexpr std::int64_t kJumpMs = 3'600'000;

  struct Settings {
    std::int64_t build_ms = 0;
    std::int64_t journal_ms = 0;  // the end of its newest identifier's second; below 1000: none
    bool is_steady = false;  // the time that is used while the clock can't be right: see now_ms()
  };

  ArrivalClock(const Settings& settings, const Clock& clock, Logger& logger);

  // The arrival time of a message that arrives now: the clock's time. If that can't be right and
  // `is_steady` is set, the last time that could be right plus the time that has passed since.
  std::int64_t now_ms();
  // Checks the clock once a second, by monotonic time, and logs when it becomes wrong or right
  // again, or jumps. Not called while a message is handled.
  void check(std::int64_t monotonic_ms);

  bool is_suspect() const { return doubt_ != Doubt::kNone; }

 private:
  enum class Doubt { kNone, kBeforeBuild, kBeforeNewest };
  struct Times {
    std::int64_t wall_ms = 0;
    std::int64_t monotonic_ms = 0;
  };

  bool can_be_right(std::int64_t wall_ms) const;
  Doubt doubt_of(std::int64_t wall_ms) const;
  void log_change(std::int64_t wall_ms);

  const Settings settings_;
  const Clock& clock_;
  Logger& logger_;
  std::int64_t newest_ms_;  // of all messages so far, including earlier runs
  Times checked_;           // at the last check
  Times right_;             // the last time that could be right
  std::int64_t next_check_ms_ = 0;
  Doubt doubt_ = Doubt::kNone;
};

}  // namespace mongo_store::broker
