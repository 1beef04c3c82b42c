// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/mutex.h"

namespace mongo_store::scripted {

// Counts the requests to one member, for tests. Any thread.
class CommandCounters {
 public:
  void count(std::string_view command) EXCLUDES(mutex_);
  // `write_concern`: the command's, as BSON; empty if it had none.
  void note_write_concern(ByteView write_concern) EXCLUDES(mutex_);

  std::int64_t asked(std::string_view command) const EXCLUDES(mutex_);
  ByteBuffer last_write_concern() const EXCLUDES(mutex_);
  // {COMMAND: count, ..., lastWriteConcern: {...}}
  void append_to(bson_t* reply) const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> asked_ GUARDED_BY(mutex_);
  ByteBuffer last_write_concern_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::scripted
