// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace mongo_store::scripted {

// Lets that many documents through per second: a bucket with the capacity of one second, which is
// full at the beginning. Any thread.
class Throttle {
 public:
  // 0: lets nothing through.
  explicit Throttle(std::int64_t documents_per_second)
      : rate_(static_cast<double>(documents_per_second)), room_(rate_) {}

  // Whether one more document may pass now. A refused document uses no capacity.
  bool admits() EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  const double rate_;
  Mutex mutex_;
  double room_ GUARDED_BY(mutex_);  // documents, 0 to `rate_`
  Clock::time_point filled_at_ GUARDED_BY(mutex_) = Clock::now();
};

}  // namespace mongo_store::scripted
