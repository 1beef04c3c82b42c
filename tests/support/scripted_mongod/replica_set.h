// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/command.h"
#include "tests/support/scripted_mongod/replica_member.h"
#include "tests/support/scripted_mongod/server.h"

namespace mongo_store::scripted {

struct ReplicaSetOptions {
  ServerOptions server;              // for each member; its port is the control address's
  std::vector<std::uint16_t> ports;  // of the first members; 0: any free one
  std::int64_t election_ms = 500;    // time without a primary in sight until one is elected
};

// A member's view of its set.
struct SetView {
  bool is_member = false;
  bool is_primary = false;
  std::int64_t term = 0;
  int version = 0;
  std::vector<std::string> hosts;
  std::string primary;  // empty: none in sight
  std::string me;
};

struct WriteConcern {
  bool is_majority = false;
  std::int64_t members = 1;
  std::int64_t timeout_ms = 0;  // 0: forever
};

// The change that a write makes on the primary. It fills in the log entry, and returns whether
// anything changed. `done` contains the statements that an earlier try has already executed.
struct Change {
  DocumentStore& store;
  LogPosition position;
  LogEntry& entry;
  const std::set<std::size_t>& done;
};
using Apply = std::function<bool(Change& change)>;

// A simulated replica set in one process. Its members have their own addresses, logs and documents.
// They copy from a primary that they see, elect one by majority, and roll back what the elected one
// never had, as Raft and MongoDB do. The set's own thread copies and elects; the members'
// connections call everything else. Its control address is a server outside the set, which sees the
// documents that a majority has, and accepts the commands of README.md.
class ReplicaSet {
 public:
  static Result<std::unique_ptr<ReplicaSet>> start(ReplicaSetOptions options);
  ~ReplicaSet();
  ReplicaSet(const ReplicaSet&) = delete;
  ReplicaSet& operator=(const ReplicaSet&) = delete;

  const std::string& control_address() const { return control_->address(); }
  std::vector<std::string> hosts() const EXCLUDES(mutex_);
  void set_password(std::string_view password) EXCLUDES(mutex_);

  // For commands; `id` is NodeOptions::member.
  SetView view(int id) const EXCLUDES(mutex_);
  CommandOutcome write(int id, LogEntry entry, const Apply& apply, WritePoint& written)
      EXCLUDES(mutex_);
  // Waits for the write concern. Nothing: it is fulfilled. Otherwise the {code, errmsg, ...} of a
  // writeConcernError.
  std::optional<BsonDocument> await(int id, const WritePoint& point, const WriteConcern& concern,
                                    const std::atomic<bool>& is_cut) EXCLUDES(mutex_);
  CommandOutcome step_down(int id, const bson_t& command, int connection_id) EXCLUDES(mutex_);
  LogPosition commit_point(int id) const EXCLUDES(mutex_);
  // The store of the member with the highest commit point, and that commit point.
  std::pair<const DocumentStore*, LogPosition> committed() const EXCLUDES(mutex_);
  void append_status(bson_t* reply) const EXCLUDES(mutex_);
  // An action of the table in README.md.
  CommandOutcome simulate(const bson_t& command, bson_t* reply) EXCLUDES(mutex_);
  void for_each_node(const std::function<void(Node&)>& act) EXCLUDES(mutex_);

 private:
  explicit ReplicaSet(ReplicaSetOptions options) : options_(std::move(options)) {}

  Result<std::string> add(std::uint16_t port) REQUIRES(mutex_);
  std::int64_t now_ms() const { return clock_.monotonic_ms(); }
  std::vector<int> chosen(const bson_t& command) const REQUIRES(mutex_);
  int find(std::string_view named) const REQUIRES(mutex_);
  int newest_primary() const REQUIRES(mutex_);
  std::size_t majority() const REQUIRES(mutex_);
  std::size_t in_sight(const ReplicaMember& member) const REQUIRES(mutex_);
  ReplicaMember* primary_in_sight(const ReplicaMember& member) REQUIRES(mutex_);
  std::size_t holders(const ReplicaMember& primary, LogPosition position) const REQUIRES(mutex_);

  void run() EXCLUDES(mutex_);
  bool tick() REQUIRES(mutex_);
  void follow_newer_terms() REQUIRES(mutex_);
  void watch_primaries() REQUIRES(mutex_);
  void elect_where_due() REQUIRES(mutex_);
  ReplicaMember* candidate(const ReplicaMember& voter) REQUIRES(mutex_);
  bool can_win(const ReplicaMember& member) const REQUIRES(mutex_);
  void make_primary(ReplicaMember& member) REQUIRES(mutex_);
  bool copy_to(ReplicaMember& member, std::int64_t now) REQUIRES(mutex_);
  void advance_commit_points() REQUIRES(mutex_);

  using Action = CommandOutcome (ReplicaSet::*)(const bson_t& command, bson_t* reply);
  struct NamedAction;
  static const NamedAction kActions[];
  CommandOutcome partition(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome heal(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome stop_member(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome start_member(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome set_lag(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome add_member(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome remove_member(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome elect(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome hold_elections(const bson_t& command, bson_t* reply) REQUIRES(mutex_);
  CommandOutcome allow_elections(const bson_t& command, bson_t* reply) REQUIRES(mutex_);

  const ReplicaSetOptions options_;
  const SystemClock clock_{};
  mutable Mutex mutex_;  // locked before any lock of a member's parts
  CondVar changed_;      // a log, a commit point or a role
  std::vector<std::unique_ptr<ReplicaMember>> members_ GUARDED_BY(mutex_);
  int version_ GUARDED_BY(mutex_) = 1;
  bool holds_elections_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<Server> control_;
  std::thread thread_;
};

}  // namespace mongo_store::scripted
