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

// The records that wait in the journal.
struct Backlog {
  std::uint64_t pending = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t journal_bytes_max = 0;
};

// Whether the database takes what it is sent, told to the log when that begins, when its reason
// changes, and when it ends; not for each try. While it lasts, one that knows the backlog reminds
// of it every ten minutes, with what waits and when the journal will be full. Shared by the
// delivery threads.
class Outage {
 public:
  struct Words {
    std::string_view begins;       // then ": REASON; "
    std::string_view consequence;  // what becomes of them meanwhile
    std::string_view ends;         // then ", after N s"
  };

  // backlog: from any thread; none: no reminder.
  Outage(Words words, const Clock& clock, Logger& logger, std::function<Backlog()> backlog = {})
      : words_(words), clock_(clock), logger_(logger), backlog_(std::move(backlog)) {}

  void begin(const Status& why) EXCLUDES(mutex_);
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
  std::int64_t reminded_ms_ GUARDED_BY(mutex_) = 0;  // or begun
  Backlog backlog_then_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);
};

inline constexpr Outage::Words kDocumentsOutage{
    "MongoDB doesn't take documents", "they are kept in the journal and sent again until it does",
    "MongoDB takes documents again"};
inline constexpr Outage::Words kDeadLettersOutage{
    "MongoDB doesn't take dead letters",
    "they are kept in the journal and sent again until it does",
    "MongoDB takes dead letters again"};
inline constexpr Outage::Words kReadBacksOutage{
    "documents that may be stored already can't be read back",
    "they stay in the journal and are asked for again; others are stored meanwhile",
    "documents can be read back again"};
inline constexpr Outage::Words kThrottling{
    "MongoDB accepts fewer documents than are sent",
    "the rest is sent again, more slowly; raise its throughput if pending grows",
    "MongoDB accepts documents at full speed again"};

}  // namespace mongo_store::delivery
