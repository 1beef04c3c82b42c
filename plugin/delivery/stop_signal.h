// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace mongo_store::delivery {

// Tells the delivery threads to hurry and then to end, and wakes the ones that wait. Any thread.
class StopSignal {
 public:
  // The longest pause after hurry().
  static constexpr std::int64_t kHurriedPauseMs = 250;

  // A stop is near: threads that pause try again now, and later pauses are short.
  void hurry() EXCLUDES(mutex_) { set(is_hurried_); }
  bool is_hurried() const { return is_hurried_.load(std::memory_order_acquire); }

  void raise() EXCLUDES(mutex_) { set(is_raised_); }
  bool is_raised() const { return is_raised_.load(std::memory_order_acquire); }

  // Waits for at_most_ms, or kHurriedPauseMs if that is shorter and hurry() was called. False: it
  // was raised, which ends the wait at once.
  bool wait_ms(std::int64_t at_most_ms) EXCLUDES(mutex_) {
    using std::chrono::milliseconds;
    const auto begin = std::chrono::steady_clock::now();
    const MutexLock lock(mutex_);
    while (!is_raised()) {
      const std::int64_t pause_ms =
          is_hurried() ? std::min(at_most_ms, kHurriedPauseMs) : at_most_ms;
      const auto left = begin + milliseconds(pause_ms) - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) return true;
      changed_.wait_for(mutex_, left);
    }
    return false;
  }

 private:
  void set(std::atomic<bool>& what) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      what.store(true, std::memory_order_release);
    }
    changed_.notify_all();
  }

  Mutex mutex_;
  CondVar changed_;
  std::atomic<bool> is_hurried_{false};
  std::atomic<bool> is_raised_{false};
};

}  // namespace mongo_store::delivery
