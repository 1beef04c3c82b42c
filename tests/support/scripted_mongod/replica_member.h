// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/support/scripted_mongod/log_entry.h"
#include "tests/support/scripted_mongod/server.h"

namespace mongo_store::scripted {

// One member of a set. The set guards all of its data.
struct ReplicaMember {
  // The last write of a session, so that repeating it changes nothing.
  struct Done {
    std::int64_t number = -1;
    std::set<std::size_t> statements;
  };

  std::unique_ptr<Server> server;
  std::string host;
  bool is_member = true;  // false: removed; it stays up, without a set
  bool is_up = true;
  bool is_primary = false;
  int side = 0;  // members see only those on their side
  std::int64_t term = 0;
  std::int64_t synced_term = 0;  // the last term whose primary's log begins with this log
  Log log;
  LogPosition commit_point = 0;  // as far as this member knows
  std::map<std::string, Done> done;

  std::int64_t lag_ms = 0;  // minimum delay behind the primary
  // When it lost sight of the primary, or as a primary of the majority. 0: all is well.
  std::int64_t without_since_ms = 0;
  std::int64_t not_electable_until_ms = 0;
  std::int64_t rolled_back = 0;  // documents, since the start

  Node& node() const { return server->node(); }
  void append(std::shared_ptr<const LogEntry> entry);
  // Applies another member's entry here.
  void copy(const std::shared_ptr<const LogEntry>& entry);
  // Removes everything after `length`, as if it had never existed.
  void roll_back_to(LogPosition length);
};

// Whether two members can talk to each other. A member that is up sees itself.
inline bool sees(const ReplicaMember& one, const ReplicaMember& other) {
  return one.is_up && other.is_up && one.is_member && other.is_member && one.side == other.side;
}

}  // namespace mongo_store::scripted
