// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/status.h"

namespace mongo_store::delivery {

// Whether the database takes what it is sent, told to the log when that begins, when its reason
// changes, and when it ends; not for each try. Shared by the delivery threads.
class Outage {
 public:
  Outage(std::string_view what, const Clock& clock, Logger& logger)
      : what_(what), clock_(clock), logger_(logger) {}

  void begin(const Status& why) EXCLUDES(mutex_);
  void end() EXCLUDES(mutex_);

 private:
  const std::string what_;  // "documents", "dead letters"
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  bool is_on_ GUARDED_BY(mutex_) = false;
  std::int64_t since_ms_ GUARDED_BY(mutex_) = 0;
  std::int64_t told_ms_ GUARDED_BY(mutex_) = 0;
  std::string reason_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::delivery
