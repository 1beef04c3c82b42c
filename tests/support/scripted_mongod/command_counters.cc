// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/command_counters.h"

#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {

void CommandCounters::count(std::string_view command) {
  const MutexLock lock(mutex_);
  const auto found = asked_.find(command);
  if (found != asked_.end()) {
    ++found->second;
  } else {
    asked_.emplace(command, 1);
  }
}

void CommandCounters::note_write_concern(ByteView write_concern) {
  const MutexLock lock(mutex_);
  last_write_concern_.assign(write_concern.begin(), write_concern.end());
}

std::int64_t CommandCounters::asked(std::string_view command) const {
  const MutexLock lock(mutex_);
  const auto found = asked_.find(command);
  return found == asked_.end() ? 0 : found->second;
}

ByteBuffer CommandCounters::last_write_concern() const {
  const MutexLock lock(mutex_);
  return last_write_concern_;
}

void CommandCounters::append_to(bson_t* reply) const {
  const MutexLock lock(mutex_);
  for (const auto& [command, count] : asked_) BSON_APPEND_INT64(reply, command.c_str(), count);
  append_document(reply, "lastWriteConcern", last_write_concern_);
}

}  // namespace mongo_store::scripted
