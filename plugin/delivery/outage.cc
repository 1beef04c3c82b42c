// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/outage.h"

#include "base/text.h"

namespace mongo_store::delivery {
namespace {

// A reason that changes with each try (which of several hosts, say) is told this often at most.
constexpr std::int64_t kTellAgainMs = 60'000;

}  // namespace

void Outage::begin(const Status& why) {
  const std::int64_t now_ms = clock_.monotonic_ms();
  const MutexLock lock(mutex_);
  const bool is_new = !is_on_;
  if (!is_new && (why.message() == reason_ || now_ms - told_ms_ < kTellAgainMs)) return;
  if (is_new) since_ms_ = now_ms;
  is_on_ = true;
  told_ms_ = now_ms;
  reason_ = why.message();
  const LogLevel level = why.code() == StatusCode::kRetry ? LogLevel::kWarning : LogLevel::kError;
  logger_.log(level, text("delivery: ", words_.begins, ": ", reason_, "; ", words_.consequence));
}

void Outage::end() {
  const MutexLock lock(mutex_);
  if (!is_on_) return;
  is_on_ = false;
  logger_.log(LogLevel::kNotice, text("delivery: ", words_.ends, ", after ",
                                      (clock_.monotonic_ms() - since_ms_) / 1000, " s"));
}

}  // namespace mongo_store::delivery
