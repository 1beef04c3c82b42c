// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

namespace mongo_store {

// Tells the time. An interface, so that tests can control it. Any thread may call it. Neither call
// enters the kernel if the C library can use the vDSO.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC. Can step in either direction.
  virtual std::int64_t wall_ms() const = 0;
  // Nanoseconds since an arbitrary point; never steps back.
  virtual std::int64_t monotonic_ns() const = 0;

  std::int64_t monotonic_ms() const { return monotonic_ns() / 1'000'000; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ns() const override;
};

}  // namespace mongo_store
