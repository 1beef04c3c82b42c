// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/dead_letter_log.h"

#include <string>

#include "base/text.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kNameBytesMax = 128;  // of a topic or client id in a log line
constexpr std::size_t kReasonBytesMax = 300;

}  // namespace

void DeadLetterLog::add(const message::Publish& publish, const message::Rejection& rejection) {
  const MutexLock lock(mutex_);
  if (is_counting_) {
    ++counts_[rejection.code];
    return;
  }
  is_counting_ = true;
  minute_began_ms_ = clock_.monotonic_ms();
  logger_.log(LogLevel::kWarning, text("delivery: a message became a dead letter (",
                                       message::rejection_code_name(rejection.code), "): topic ",
                                       escaped(publish.topic, kNameBytesMax), ", client ",
                                       escaped(publish.client_id, kNameBytesMax), ": ",
                                       rejection.sentence.substr(0, kReasonBytesMax),
                                       "; to see all: mongo-store dead-letters list"));
}

void DeadLetterLog::tick() {
  const MutexLock lock(mutex_);
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (!is_counting_ || now_ms - minute_began_ms_ < kMinuteMs) return;
  minute_began_ms_ = now_ms;
  is_counting_ = !counts_.empty();
  if (!is_counting_) return;
  std::uint64_t total = 0;
  std::string reasons;
  for (const auto& [code, count] : counts_) {
    total += count;
    reasons += text(reasons.empty() ? "" : ", ", message::rejection_code_name(code), ' ', count);
  }
  counts_.clear();
  logger_.log(LogLevel::kWarning,
              text("delivery: ", total, " more messages became dead letters in the last minute (",
                   reasons, "); to see all: mongo-store dead-letters list"));
}

}  // namespace mongo_store::delivery
