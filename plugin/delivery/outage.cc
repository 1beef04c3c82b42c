// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/outage.h"

#include <algorithm>

#include "base/text.h"

namespace mongo_store::delivery {
namespace {

// A reason that changes with each try (the name of a host, for example) is logged at most this
// often.
constexpr std::int64_t kReasonAgainMs = 60'000;
constexpr std::int64_t kRemindEveryMs = 600'000;

std::string time_left(std::uint64_t minutes) {
  return minutes < 120 ? text(minutes, " min") : text(minutes / 60, " h");
}

// A journal grows by whole segments. If it grows slowly, there may be no growth to calculate with.
std::string outlook(const Backlog& before, const Backlog& now, std::int64_t elapsed_ms) {
  const std::string held = text(now.pending, " messages wait, the journal uses ", now.journal_bytes,
                                " of ", now.journal_bytes_max, " bytes");
  const std::int64_t minutes = std::max<std::int64_t>(1, elapsed_ms / 60'000);
  if (now.journal_bytes <= before.journal_bytes) {
    return text(held, ", not more than ", minutes, " min ago");
  }
  const std::uint64_t room =
      now.journal_bytes_max - std::min(now.journal_bytes_max, now.journal_bytes);
  const std::uint64_t grown = now.journal_bytes - before.journal_bytes;
  return text(held, " and will be full in ",
              time_left(room / grown * static_cast<std::uint64_t>(minutes) +
                        room % grown * static_cast<std::uint64_t>(minutes) / grown),
              " at the rate of the last ", minutes, " min");
}

LogLevel level_of(const Status& why) {
  return why.code() == StatusCode::kRetry ? LogLevel::kWarning : LogLevel::kError;
}

}  // namespace

void Outage::begin(const Status& why) {
  const std::int64_t now_ms = clock_.monotonic_ms();
  const Backlog backlog = backlog_ ? backlog_() : Backlog();  // it has its own lock
  const MutexLock lock(mutex_);
  const bool is_new = !is_on_;
  if (is_new) {
    is_on_ = true;
    since_ms_ = reminded_ms_ = now_ms;
    backlog_then_ = backlog;
  } else if (backlog_ && now_ms - reminded_ms_ >= kRemindEveryMs) {
    remind(why, backlog, now_ms);
    return;
  } else if (why.message() == reason_ || now_ms - logged_ms_ < kReasonAgainMs) {
    return;
  }
  logged_ms_ = now_ms;
  reason_ = why.message();
  logger_.log(level_of(why),
              text("delivery: ", words_.begins, ": ", reason_, "; ", words_.consequence));
}

void Outage::remind(const Status& why, const Backlog& backlog, std::int64_t now_ms) {
  logger_.log(level_of(why), text("delivery: ", words_.begins, " (for ",
                                  (now_ms - since_ms_) / 60'000, " min now): ", why.message(), "; ",
                                  outlook(backlog_then_, backlog, now_ms - reminded_ms_)));
  reminded_ms_ = logged_ms_ = now_ms;
  reason_ = why.message();
  backlog_then_ = backlog;
}

void Outage::end() {
  const MutexLock lock(mutex_);
  if (!is_on_) return;
  is_on_ = false;
  logger_.log(LogLevel::kNotice, text("delivery: ", words_.ends, ", after ",
                                      (clock_.monotonic_ms() - since_ms_) / 1000, " s"));
}

}  // namespace mongo_store::delivery
