// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace mongo_store::test {

// A clock that only a test moves. Any thread.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}

  std::int64_t wall_ms() const override { return wall_ms_.load(); }
  std::int64_t monotonic_ns() const override { return monotonic_ns_.load(); }

  // Lets time pass.
  void advance_ms(std::int64_t count) {
    wall_ms_ += count;
    monotonic_ns_ += count * 1'000'000;
  }
  // Sets the wall clock, forward or back, as an administrator would.
  void step_wall_ms(std::int64_t count) { wall_ms_ += count; }

 private:
  std::atomic<std::int64_t> wall_ms_;
  std::atomic<std::int64_t> monotonic_ns_{1'000'000'000};
};

}  // namespace mongo_store::test
