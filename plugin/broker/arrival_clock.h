// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/logger.h"

namespace mongo_store::broker {

// Decides on the time of arrival, and whether the machine's clock can be right: it can't where
// it says a time before this build, or before what has arrived already. Milliseconds since 1970
// UTC. The broker's thread; clock and logger outlive it.
class ArrivalClock {
 public:
  static constexpr std::int64_t kCheckIntervalMs = 1000;
  // A clock may be set back so far, and the journal's newest identifier be so far ahead of it, as
  // each start begins a second.
  static constexpr std::int64_t kToleranceMs = 60'000;
  static constexpr std::int64_t kJumpMs = 3'600'000;

  struct Settings {
    std::int64_t build_ms = 0;
    std::int64_t journal_ms =
        0;                   // the end of its newest identifier's second; under 1000: there is none
    bool is_steady = false;  // what counts while the clock can't be right: see now_ms()
  };

  ArrivalClock(const Settings& settings, const Clock& clock, Logger& logger);

  // The time of a message that arrives now: what the clock says; or, where that can't be right and
  // `is_steady` is set, the last time that could, and what has passed since then.
  std::int64_t now_ms();
  // Looks at the clock once a second, by monotonic time, and logs where it stops or begins to be
  // right, or jumps. Not while a message is handled.
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
  std::int64_t newest_ms_;  // of all that has arrived, in earlier runs too
  Times checked_;           // by the last check
  Times right_;             // what the time was last, as far as is known
  std::int64_t next_check_ms_ = 0;
  Doubt doubt_ = Doubt::kNone;
};

}  // namespace mongo_store::broker
