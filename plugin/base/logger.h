// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store {

enum class LogLevel { kDebug, kInfo, kNotice, kWarning, kError };

// A destination for log lines. Any thread may call log(). It never waits for a disk. If its buffer
// is full it drops lines, and counts and reports the drop. A line holds no secret and no line
// break.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void log(LogLevel level, std::string_view line) = 0;
};

// Logs "PART: WHAT; trying again" from an exception handler. It must not throw: if it can't log, it
// drops the line.
void log_exception(Logger& logger, std::string_view part, std::string_view what) noexcept;

}  // namespace mongo_store
