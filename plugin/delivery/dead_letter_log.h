// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::delivery {

// Logs dead letters without flooding the log. The first one is logged at once, with its topic,
// client and reason. After that, one line a minute has the number of dead letters for each reason.
// A minute without dead letters ends this, and the next one is logged at once again. Any thread.
class DeadLetterLog {
 public:
  DeadLetterLog(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  void add(const message::Publish& publish, const message::Rejection& rejection) EXCLUDES(mutex_);
  // Logs the counts once the minute has passed. Must be called regularly.
  void tick() EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  bool is_counting_ GUARDED_BY(mutex_) = false;
  std::int64_t minute_began_ms_ GUARDED_BY(mutex_) = 0;
  std::map<message::RejectionCode, std::uint64_t> counts_ GUARDED_BY(mutex_);  // of this minute
};

}  // namespace mongo_store::delivery
