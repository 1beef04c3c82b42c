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

// Takes log lines from any thread and gives them to Mosquitto's logger on the broker's, as that one
// isn't thread-safe. Bounded: when nobody drains it, further lines are counted and dropped.
class LogRing final : public Logger {
 public:
  static constexpr std::size_t kLines = 256;
  static constexpr std::size_t kLineBytesMax = 900;  // Mosquitto cuts a line at 1,000

  void log(LogLevel level, std::string_view line) override EXCLUDES(mutex_);

  // The broker's thread. Writes up to lines_max lines; waits for nobody: while another thread is
  // adding a line it returns, and the next call writes.
  void drain(std::size_t lines_max) EXCLUDES(mutex_);
  // Writes all, waiting for threads that are adding a line. At start and stop only.
  void drain_all() EXCLUDES(mutex_);

 private:
  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string text;
    std::uint64_t dropped = 0;  // over 0: this many lines, and no text
  };

  // A broker's thread that holds the lock can't leave it by an exception.
  bool pop(Line& line) noexcept REQUIRES(mutex_);
  static void write(const Line& line);

  Mutex mutex_;
  std::array<Line, kLines> lines_ GUARDED_BY(mutex_);
  std::size_t first_ GUARDED_BY(mutex_) = 0;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> has_lines_{false};  // spares the broker's thread the lock
};

// The broker's thread only.
void write_log(LogLevel level, std::string_view line);

// For the broker's thread alone: straight into Mosquitto's log, without the ring's lock.
class BrokerLog final : public Logger {
 public:
  void log(LogLevel level, std::string_view line) override { write_log(level, line); }
};

}  // namespace mongo_store::broker
