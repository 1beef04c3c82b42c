// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

namespace mongo_store::delivery {

// How long to wait before the next try: doubling from min_ms to max_ms, each shortened at random by
// up to a half, so that many brokers don't come back at once. One thread.
class Backoff {
 public:
  Backoff(std::int64_t min_ms, std::int64_t max_ms, std::uint32_t seed)
      : min_ms_(min_ms), max_ms_(std::max(min_ms, max_ms)), random_(seed) {}

  std::int64_t next_ms() {
    step_ms_ = step_ms_ == 0 ? min_ms_ : std::min(step_ms_ * 2, max_ms_);
    return std::uniform_int_distribution<std::int64_t>(step_ms_ / 2, step_ms_)(random_);
  }
  void reset() { step_ms_ = 0; }

 private:
  const std::int64_t min_ms_;
  const std::int64_t max_ms_;
  std::int64_t step_ms_ = 0;
  std::mt19937 random_;
};

}  // namespace mongo_store::delivery
