// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/arrival_clock.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>

#include "base/text.h"

namespace mongo_store::broker {
namespace {

std::string utc_text(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  std::array<char, 40> printed{};
  if (gmtime_r(&seconds, &parts) == nullptr) return text(seconds, " s");
  return {printed.data(), std::strftime(printed.data(), printed.size(), "%FT%TZ", &parts)};
}

}  // namespace

ArrivalClock::ArrivalClock(const Settings& settings, const Clock& clock, Logger& logger)
    : settings_(settings),
      clock_(clock),
      logger_(logger),
      newest_ms_(settings.journal_ms),
      checked_{clock.wall_ms(), clock.monotonic_ms()},
      right_(checked_) {
  if (!can_be_right(checked_.wall_ms)) right_.wall_ms = std::max(settings_.build_ms, newest_ms_);
}

bool ArrivalClock::can_be_right(std::int64_t wall_ms) const {
  return wall_ms >= settings_.build_ms && wall_ms >= newest_ms_ - kToleranceMs;
}

std::int64_t ArrivalClock::now_ms() {
  std::int64_t now_ms = clock_.wall_ms();
  if (settings_.is_steady && !can_be_right(now_ms)) {
    now_ms = right_.wall_ms + clock_.monotonic_ms() - right_.monotonic_ms;
  }
  newest_ms_ = std::max(newest_ms_, now_ms);
  return now_ms;
}

void ArrivalClock::check(std::int64_t monotonic_ms) {
  if (monotonic_ms < next_check_ms_) return;
  next_check_ms_ = monotonic_ms + kCheckIntervalMs;
  const Times now{clock_.wall_ms(), monotonic_ms};
  const std::int64_t passed_ms = now.monotonic_ms - checked_.monotonic_ms;
  const std::int64_t jump_ms = now.wall_ms - checked_.wall_ms - passed_ms;
  checked_ = now;
  const Doubt before = std::exchange(doubt_, doubt_of(now.wall_ms));
  if (doubt_ == Doubt::kNone) right_ = now;
  if (doubt_ != before) {
    log_change(now.wall_ms);
  } else if (std::abs(jump_ms) > kJumpMs) {
    logger_.log(
        LogLevel::kWarning,
        text("clock: the machine's clock jumped by ", jump_ms / 1000, " s to ",
             utc_text(now.wall_ms), ", and dates follow it: if that time is wrong, set the clock"));
  }
}

ArrivalClock::Doubt ArrivalClock::doubt_of(std::int64_t wall_ms) const {
  if (can_be_right(wall_ms)) return Doubt::kNone;
  return wall_ms < settings_.build_ms ? Doubt::kBeforeBuild : Doubt::kBeforeNewest;
}

void ArrivalClock::log_change(std::int64_t wall_ms) {
  if (doubt_ == Doubt::kNone) {
    logger_.log(LogLevel::kNotice, text("clock: the machine's clock says ", utc_text(wall_ms),
                                        ", which can be right; dates follow it again"));
    return;
  }
  const std::string dates = settings_.is_steady
                                ? text("until it can be right, dates continue from ",
                                       utc_text(right_.wall_ms), " (clock steady)")
                                : std::string("dates follow it (clock system)");
  const std::string why =
      doubt_ == Doubt::kBeforeBuild
          ? text("before this plugin was built (", utc_text(settings_.build_ms),
                 "): set it, and restart the broker afterwards; ")
          : text("before the newest message that arrived (", utc_text(newest_ms_),
                 "): it is wrong now, or was then; identifiers stay at that time until it has "
                 "passed, so sort by date; ");
  logger_.log(LogLevel::kWarning,
              text("clock: the machine's clock says ", utc_text(wall_ms), ", ", why, dates));
}

}  // namespace mongo_store::broker
