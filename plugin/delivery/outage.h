// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/status.h"

namespace mongo_store::delivery {

// The number of pending records, and the journal's size and maximum size in bytes.
struct Backlog {
  std::uint64_t pending = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t journal_bytes_max = 0;
};

// An outage of one kind. Logs when it begins, when its reason changes, and when it ends, but not
// each failed try. If it has a backlog, it also logs a reminder every ten minutes, with the number
// of pending records and when the journal will be full. Any thread.
class Outage {
 public:
  struct Words {
    std::string_view begins;       // followed by ": REASON; "
    std::string_view consequence;  // what happens to the documents meanwhile
    std::string_view ends;         // followed by ", after N s"
  };

  // `backlog` is called from any thread; if it is empty, there are no reminders.
  Outage(Words words, const Clock& clock, Logger& logger, std::function<Backlog()> backlog = {})
      : words_(words), clock_(clock), logger_(logger), backlog_(std::move(backlog)) {}

  // A try failed for this reason: begins the outage, or continues it.
  void begin(const Status& why) EXCLUDES(mutex_);
  // A try succeeded: ends the outage if there is one.
  void end() EXCLUDES(mutex_);

 private:
  void remind(const Status& why, const Backlog& backlog, std::int64_t now_ms) REQUIRES(mutex_);

  const Words words_;
  const Clock& clock_;
  Logger& logger_;
  const std::function<Backlog()> backlog_;
  Mutex mutex_;
  bool is_on_ GUARDED_BY(mutex_) = false;
  std::int64_t since_ms_ GUARDED_BY(mutex_) = 0;
  std::int64_t logged_ms_ GUARDED_BY(mutex_) = 0;
  std::int64_t reminded_ms_ GUARDED_BY(mutex_) = 0;  // when it began, at first
  Backlog backlog_then_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);
};

inline constexpr Outage::Words kDocumentsOutage{
    "MongoDB doesn't accept documents", "they stay in the journal and are sent again until it does",
    "MongoDB accepts documents again"};
inline constexpr Outage::Words kDeadLettersOutage{
    "MongoDB doesn't accept dead letters",
    "they stay in the journal and are sent again until it does",
    "MongoDB accepts dead letters again"};
inline constexpr Outage::Words kReadBacksOutage{
    "documents that may already be stored can't be read back",
    "they stay in the journal until they can; other documents are stored meanwhile",
    "documents can be read back again"};
inline constexpr Outage::Words kThrottling{
    "MongoDB accepts fewer documents than are sent",
    "the rest are sent again, more slowly; raise its throughput if pending grows",
    "MongoDB accepts documents at full speed again"};

}  // namespace mongo_store::delivery
