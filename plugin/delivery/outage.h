// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/status.h"

namespace mongo_store::delivery {

// Whether the database takes what it is sent, told to the log when that begins, when its reason
// changes, and when it ends; not for each try. Shared by the delivery threads.
class Outage {
 public:
  struct Words {
    std::string_view begins;       // then ": REASON; "
    std::string_view consequence;  // what becomes of them meanwhile
    std::string_view ends;         // then ", after N s"
  };

  Outage(Words words, const Clock& clock, Logger& logger)
      : words_(words), clock_(clock), logger_(logger) {}

  void begin(const Status& why) EXCLUDES(mutex_);
  void end() EXCLUDES(mutex_);

 private:
  const Words words_;
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  bool is_on_ GUARDED_BY(mutex_) = false;
  std::int64_t since_ms_ GUARDED_BY(mutex_) = 0;
  std::int64_t told_ms_ GUARDED_BY(mutex_) = 0;
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
