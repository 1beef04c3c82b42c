// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace mongo_store::delivery {

// Tells the delivery threads to end, and wakes those that wait. Any thread.
class StopSignal {
 public:
  void raise() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      is_raised_.store(true, std::memory_order_release);
    }
    raised_.notify_all();
  }

  bool is_raised() const { return is_raised_.load(std::memory_order_acquire); }

  // Waits as long as it is not raised. False: it is.
  bool wait_ms(std::int64_t at_most_ms) EXCLUDES(mutex_) {
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::milliseconds(std::max<std::int64_t>(at_most_ms, 0));
    const MutexLock lock(mutex_);
    while (!is_raised()) {
      const auto left = until - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) return true;
      raised_.wait_for(mutex_, left);
    }
    return false;
  }

 private:
  Mutex mutex_;
  CondVar raised_;
  std::atomic<bool> is_raised_{false};
};

}  // namespace mongo_store::delivery
