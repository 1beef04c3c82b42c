// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/fault.h"
#include "tests/support/scripted_mongod/wire_message.h"

namespace mongo_store::scripted {

// The fail points of one server, by name. Any thread.
class FailPoints {
 public:
  // {configureFailPoint: NAME, mode, data}: enables, changes or disables it. Returns how often it
  // had struck before. Rejects an unknown mode or unknown data.
  Result<std::int64_t> configure(const bson_t& command) EXCLUDES(mutex_);

  // Counts a command against the fail points that apply to it. Null if none strikes.
  std::shared_ptr<const Fault> strike(const WireMessage& message, std::string_view app_name)
      EXCLUDES(mutex_);
  // The same for a command of which only the name is known so far.
  bool strikes_while_reading(std::string_view command) EXCLUDES(mutex_);

  // Waits for the fault's time for a command that lists that many `_id`s, but ends early if the
  // fault is disabled or `is_cut`.
  void block(const std::shared_ptr<const Fault>& fault, std::size_t ids,
             const std::atomic<bool>& is_cut) EXCLUDES(mutex_);

  // {NAME: how often it struck, ...}
  void append_to(bson_t* reply) const EXCLUDES(mutex_);

 private:
  struct Point {
    std::string name;
    std::shared_ptr<const Fault> fault;
    std::int64_t skip = 0;
    std::int64_t times = 0;
    std::int64_t count = 0;

    bool strikes();
  };

  Point* find(std::string_view name) REQUIRES(mutex_);
  bool is_armed(const Fault* fault) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  std::list<Point> points_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::scripted
