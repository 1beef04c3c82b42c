// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "delivery/stop_signal.h"

namespace mongo_store::delivery {

// The pause before the next try. It doubles from min_ms to max_ms, and each pause is shortened at
// random by up to half, which keeps many brokers from returning at the same moment. Not
// thread-safe.
class Backoff {
 public:
  Backoff(std::int64_t min_ms, std::int64_t max_ms, std::uint32_t seed)
      : min_ms_(min_ms), max_ms_(std::max(min_ms, max_ms)), random_(seed) {}

  std::int64_t next_ms() { return after_ms(steps_++); }
  void reset() { steps_ = 0; }
  // The pause after this many tries, for callers that count the tries themselves.
  std::int64_t after_ms(int tries) {
    constexpr int kDoublingsMax = 30;
    const std::int64_t step_ms = std::min(min_ms_ << std::min(tries, kDoublingsMax), max_ms_);
    return std::uniform_int_distribution<std::int64_t>(step_ms / 2, step_ms)(random_);
  }
  // From now on, no pause is longer than StopSignal::kHurriedPauseMs.
  void hurry() {
    max_ms_ = std::min(max_ms_, StopSignal::kHurriedPauseMs);
    min_ms_ = std::min(min_ms_, max_ms_);
  }

 private:
  std::int64_t min_ms_;
  std::int64_t max_ms_;
  int steps_ = 0;
  std::mt19937 random_;
};

}  // namespace mongo_store::delivery
