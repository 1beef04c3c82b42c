// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace mongo_store::scripted {

// Lets through so many documents a second: a bucket that holds what one second brings, and is full
// in the beginning. Any thread may call it.
class Throttle {
 public:
  // 0: lets nothing through.
  explicit Throttle(std::int64_t documents_per_second)
      : rate_(static_cast<double>(documents_per_second)), room_(rate_) {}

  // Whether one more document may pass now; one that may not costs nothing.
  bool admits() EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  const double rate_;
  Mutex mutex_;
  double room_ GUARDED_BY(mutex_);  // documents, 0 to `rate_`
  Clock::time_point filled_at_ GUARDED_BY(mutex_) = Clock::now();
};

}  // namespace mongo_store::scripted
