// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <string>

#include "base/logger.h"

namespace mongo_store::mongo {

// Sends the driver's warnings and errors to a Logger, which must outlive it. The driver has one log
// in a process, so there can be one DriverLog at a time. Without one the driver is silent. The
// driver calls from any of its threads, one at a time. No call is running once the destructor has
// returned.
class DriverLog {
 public:
  explicit DriverLog(Logger& logger);
  ~DriverLog();
  DriverLog(const DriverLog&) = delete;
  DriverLog& operator=(const DriverLog&) = delete;

  // For the driver. If lines repeat, up to four of them in turn, each is passed on once a minute.
  void log(LogLevel level, std::string line);

 private:
  struct Logged {
    std::string line;
    std::chrono::steady_clock::time_point when;
  };

  Logger& logger_;
  std::array<Logged, 4> latest_;
};

// Stops the driver from writing to the standard streams, which it does by default.
void silence_driver_log();

// While it lives, the driver's log lines on this thread are discarded, because a complaint about a
// URI can quote a password. They may be nested: the innermost one gets the lines.
class MutedDriverLog {
 public:
  MutedDriverLog();
  ~MutedDriverLog();
  MutedDriverLog(const MutedDriverLog&) = delete;
  MutedDriverLog& operator=(const MutedDriverLog&) = delete;

  // Empty if there was none.
  const std::string& first_complaint() const { return first_complaint_; }
  // For the driver. If there is no memory the text is cut.
  void hear(const char* message) noexcept;

 private:
  MutedDriverLog* const outer_;
  std::string first_complaint_;
};

}  // namespace mongo_store::mongo
