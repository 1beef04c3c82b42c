// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store {

enum class LogLevel { kDebug, kInfo, kNotice, kWarning, kError };

// Where log lines go. Any thread may call log(); it never waits for a disk, and may drop lines when
// its room is used up (the drop is counted and told). A line holds no secret and no line break.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void log(LogLevel level, std::string_view line) = 0;
};

// "PART: WHAT; trying again", from a handler of exceptions, which must not throw one itself: the
// line is dropped then.
void log_exception(Logger& logger, std::string_view part, std::string_view what) noexcept;

}  // namespace mongo_store
