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

// Says in the log that messages become dead letters: the first one at once, with what it was; then,
// while more come, how many and why, once a minute. After a minute without one it begins anew.
// Shared by the delivery threads.
class DeadLetterLog {
 public:
  DeadLetterLog(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  void add(const message::Publish& publish, const message::Rejection& rejection) EXCLUDES(mutex_);
  // Logs the minute that has passed, if it has. To be called now and then.
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
