// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/logger.h"
#include "base/mutex.h"

namespace mongo_store::broker {

// Accepts log lines from any thread and passes them to Mosquitto's logger on the broker's thread,
// because that logger isn't thread-safe. Bounded: if nobody drains it, further lines are counted
// and dropped.
class LogRing final : public Logger {
 public:
  static constexpr std::size_t kLines = 256;
  static constexpr std::size_t kLineBytesMax = 900;  // Mosquitto cuts a line at 1,000

  void log(LogLevel level, std::string_view line) override EXCLUDES(mutex_);

  // The broker's thread only. Writes up to lines_max lines. It never waits: if another thread is
  // adding a line it returns, and the next call writes.
  void drain(std::size_t lines_max) EXCLUDES(mutex_);
  // Writes all lines, and waits for threads that are adding one. Only at start and stop.
  void drain_all() EXCLUDES(mutex_);

 private:
  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string text;
    std::uint64_t dropped = 0;  // above 0: the number of dropped lines, and no text
  };

  // No exception may leave while the broker's thread holds the lock.
  bool pop(Line& line) noexcept REQUIRES(mutex_);
  static void write(const Line& line);

  Mutex mutex_;
  std::array<Line, kLines> lines_ GUARDED_BY(mutex_);
  std::size_t first_ GUARDED_BY(mutex_) = 0;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> has_lines_{false};  // so that the broker's thread need not lock
};

// The broker's thread only.
void write_log(LogLevel level, std::string_view line);

// For the broker's thread only: writes to Mosquitto's log directly, without the ring's lock.
class BrokerLog final : public Logger {
 public:
  void log(LogLevel level, std::string_view line) override { write_log(level, line); }
};

}  // namespace mongo_store::broker
