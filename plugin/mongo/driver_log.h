// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <string>

#include "base/logger.h"

namespace mongo_store::mongo {

// Sends the driver's warnings and errors to a Logger for as long as it lives, which must outlive
// it. The driver has one log in a process, so there is one DriverLog at a time; with none the
// driver is silent. The driver calls from any of its threads, one at a time, and none is still
// calling once the destructor has returned.
class DriverLog {
 public:
  explicit DriverLog(Logger& logger);
  ~DriverLog();
  DriverLog(const DriverLog&) = delete;
  DriverLog& operator=(const DriverLog&) = delete;

  // For the driver. Lines that come again and again, up to four of them in turn, are passed on once
  // a minute each.
  void log(LogLevel level, std::string line);

 private:
  struct Logged {
    std::string line;
    std::chrono::steady_clock::time_point when;
  };

  Logger& logger_;
  std::array<Logged, 4> latest_;
};

// Keeps the driver from writing to the standard streams, which it does of itself.
void silence_driver_log();

// While it lives, what the driver says on this thread goes nowhere: a complaint about a URI can
// quote a password. They may be nested; each hears what is said while it is the innermost one.
class MutedDriverLog {
 public:
  MutedDriverLog();
  ~MutedDriverLog();
  MutedDriverLog(const MutedDriverLog&) = delete;
  MutedDriverLog& operator=(const MutedDriverLog&) = delete;

  // Empty: none.
  const std::string& first_complaint() const { return first_complaint_; }
  // For the driver; without memory it is cut short.
  void hear(const char* message) noexcept;

 private:
  MutedDriverLog* const outer_;
  std::string first_complaint_;
};

}  // namespace mongo_store::mongo
