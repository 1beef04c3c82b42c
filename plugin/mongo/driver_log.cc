// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/driver_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "mongo/driver.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {
namespace {

constexpr std::size_t kLineBytesMax = 400;
// Each retry logs the same lines again.
constexpr std::chrono::minutes kLogAgain{1};

// The call that failed reports the same, with advice. Without the advice, this line would be
// alarming while a new database has no users yet.
constexpr std::string_view kReportedByTheCall = "Failed authentication to ";

thread_local MutedDriverLog* this_threads_mute = nullptr;

// The driver calls this while it holds a lock. An exception would leave it locked forever and hang
// each thread that logs. If there is no memory the line is dropped.
void handle(mongoc_log_level_t level, const char* domain, const char* message, void* log) noexcept {
  if (level > MONGOC_LOG_LEVEL_WARNING) return;
  if (this_threads_mute != nullptr) {
    this_threads_mute->hear(message);
    return;
  }
  if (log == nullptr || std::string_view(message).starts_with(kReportedByTheCall)) return;
  try {
    static_cast<DriverLog*>(log)->log(
        level == MONGOC_LOG_LEVEL_WARNING ? LogLevel::kWarning : LogLevel::kError,
        text("MongoDB driver: ", domain, ": ", escaped(message, kLineBytesMax)));
  } catch (...) {
    return;
  }
}

}  // namespace

DriverLog::DriverLog(Logger& logger) : logger_(logger) {
  start_driver();  // silences the log, so it comes first
  mongoc_log_set_handler(handle, this);
}
DriverLog::~DriverLog() { silence_driver_log(); }

void DriverLog::log(LogLevel level, std::string line) {
  const auto now = std::chrono::steady_clock::now();
  const auto is_line = [&](const Logged& logged) { return logged.line == line; };
  auto place = std::ranges::find_if(latest_, is_line);
  if (place == latest_.end()) {
    place = std::ranges::min_element(latest_, {}, &Logged::when);
  } else if (now - place->when < kLogAgain) {
    return;
  }
  *place = {std::move(line), now};
  logger_.log(level, place->line);
}

void silence_driver_log() { mongoc_log_set_handler(handle, nullptr); }

MutedDriverLog::MutedDriverLog() : outer_(std::exchange(this_threads_mute, this)) {}
MutedDriverLog::~MutedDriverLog() { this_threads_mute = outer_; }

void MutedDriverLog::hear(const char* message) noexcept {
  if (!first_complaint_.empty()) return;
  try {
    first_complaint_ = message;
  } catch (...) {
    first_complaint_ = "?";
  }
}

}  // namespace mongo_store::mongo
