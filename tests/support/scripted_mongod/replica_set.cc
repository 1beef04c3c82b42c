// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/replica_set.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/error_codes.h"

namespace mongo_store::scripted {
namespace {

constexpr std::chrono::milliseconds kElectionLook{20};

CommandError not_primary() { return {10107, "NotWritablePrimary", "not primary"}; }

BsonDocument concern_error(std::int32_t code, std::string_view message, bool is_timeout = false) {
  BsonDocument error;
  BSON_APPEND_INT32(error.get(), "code", code);
  append_text(error.get(), "codeName", code_name(code));
  append_text(error.get(), "errmsg", message);
  if (is_timeout) {
    bson_t info;
    BSON_APPEND_DOCUMENT_BEGIN(error.get(), "errInfo", &info);
    BSON_APPEND_BOOL(&info, "wtimeout", true);
    bson_append_document_end(error.get(), &info);
  }
  return error;
}

}  // namespace

Result<std::unique_ptr<ReplicaSet>> ReplicaSet::start(ReplicaSetOptions options) {
  const std::vector<std::uint16_t> ports = options.ports;
  std::unique_ptr<ReplicaSet> set(new ReplicaSet(std::move(options)));
  {
    const MutexLock lock(set->mutex_);
    for (const std::uint16_t port : ports) {
      const Result<std::string> host = set->add(port);
      if (!host.is_ok()) return host.status();
    }
  }
  ServerOptions control = set->options_.server;
  control.node.set = set.get();
  control.node.account.user.clear();
  control.tls_certificate_key_file.clear();
  Result<std::unique_ptr<Server>> server = Server::start(control);
  if (!server.is_ok()) return server.status();
  set->control_ = std::move(server).value();
  set->thread_ = std::thread([raw = set.get()] { raw->run(); });
  return set;
}

ReplicaSet::~ReplicaSet() {
  control_.reset();
  std::vector<Server*> servers;
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    for (const auto& member : members_) servers.push_back(member->server.get());
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (Server* server : servers) server->stop();  // its connections may ask for the set
}

Result<std::string> ReplicaSet::add(std::uint16_t port) {
  ServerOptions options = options_.server;
  options.port = port;
  options.node.set = this;
  options.node.member = static_cast<int>(members_.size());
  Result<std::unique_ptr<Server>> server = Server::start(options);
  if (!server.is_ok()) return server.status();
  auto member = std::make_unique<ReplicaMember>();
  member->server = std::move(server).value();
  member->host = member->server->address();
  members_.push_back(std::move(member));
  return members_.back()->host;
}

std::vector<std::string> ReplicaSet::hosts() const {
  std::vector<std::string> all;
  const MutexLock lock(mutex_);
  for (const auto& member : members_) {
    if (member->is_member) all.push_back(member->host);
  }
  return all;
}

void ReplicaSet::set_password(std::string_view password) {
  for_each_node([&](Node& node) { node.account.set_password(password); });
}

void ReplicaSet::for_each_node(const std::function<void(Node&)>& act) {
  const MutexLock lock(mutex_);
  for (const auto& member : members_) act(member->node());
}

SetView ReplicaSet::view(int id) const {
  SetView view;
  const MutexLock lock(mutex_);
  if (id < 0 || id >= static_cast<int>(members_.size())) return view;
  const ReplicaMember& me = *members_[static_cast<std::size_t>(id)];
  view = {me.is_member, me.is_primary, me.term, version_, {}, {}, me.host};
  std::int64_t term = -1;
  for (const auto& member : members_) {
    if (!member->is_member) continue;
    view.hosts.push_back(member->host);
    const bool is_seen = member.get() == &me || sees(me, *member);
    if (!member->is_primary || !is_seen || member->term < term) continue;
    view.primary = member->host;
    term = member->term;
  }
  return view;
}

CommandOutcome ReplicaSet::write(int id, LogEntry entry, const Apply& apply, WritePoint& written) {
  static const std::set<std::size_t> kNone;
  const MutexLock lock(mutex_);
  if (id < 0 || !members_[static_cast<std::size_t>(id)]->is_primary) return not_primary();
  ReplicaMember& primary = *members_[static_cast<std::size_t>(id)];
  const auto known = primary.done.find(entry.retryable.session);
  const bool is_known = known != primary.done.end() && !entry.retryable.session.empty();
  if (is_known && known->second.number > entry.retryable.number) {
    return CommandError{225, "TransactionTooOld", "a newer write of this session is known"};
  }
  const bool is_again = is_known && known->second.number == entry.retryable.number;
  entry.term = primary.term;
  entry.written_ms = now_ms();
  Change change{primary.node().store, primary.log.size() + 1, entry,
                is_again ? known->second.statements : kNone};
  if (apply(change)) {
    primary.append(std::make_shared<const LogEntry>(std::move(entry)));
    changed_.notify_all();
  }
  // A write that changed nothing waits for the existing entries.
  written = {primary.log.size(), primary.term};
  return std::nullopt;
}

std::size_t ReplicaSet::holders(const ReplicaMember& primary, LogPosition position) const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [&](const auto& member) {
        const bool follows = member->synced_term == primary.term && member->is_member;
        return (member.get() == &primary || follows) && member->log.size() >= position;
      }));
}

std::optional<BsonDocument> ReplicaSet::await(int id, const WritePoint& point,
                                              const WriteConcern& concern,
                                              const std::atomic<bool>& is_cut) {
  const std::int64_t end = now_ms() + concern.timeout_ms;
  const MutexLock lock(mutex_);
  const ReplicaMember& member = *members_[static_cast<std::size_t>(id)];
  if (!concern.is_majority && concern.members > static_cast<std::int64_t>(members_.size())) {
    return concern_error(100, "Not enough data-bearing nodes");
  }
  while (true) {
    if (!member.is_primary || member.term != point.term) {
      return concern_error(189, "Primary stepped down while waiting for replication");
    }
    const bool is_done =
        concern.is_majority
            ? member.commit_point >= point.position
            : static_cast<std::int64_t>(holders(member, point.position)) >= concern.members;
    if (is_done) return std::nullopt;
    if (is_stopping_ || is_cut) return concern_error(11600, "interrupted at shutdown");
    if (concern.timeout_ms > 0 && now_ms() >= end) {
      return concern_error(64, "waiting for replication timed out", true);
    }
    changed_.wait_for(mutex_, kElectionLook);
  }
}

LogPosition ReplicaSet::commit_point(int id) const {
  const MutexLock lock(mutex_);
  return id < 0 ? 0 : members_[static_cast<std::size_t>(id)]->commit_point;
}

std::pair<const DocumentStore*, LogPosition> ReplicaSet::committed() const {
  const MutexLock lock(mutex_);
  const ReplicaMember* best = members_.front().get();
  for (const auto& member : members_) {
    if (member->is_member && (member->commit_point > best->commit_point || !best->is_member)) {
      best = member.get();
    }
  }
  return {&best->node().store, best->commit_point};
}

CommandOutcome ReplicaSet::step_down(int id, const bson_t& command, int connection_id) {
  const MutexLock lock(mutex_);
  if (id < 0) id = newest_primary();
  if (id < 0 || !members_[static_cast<std::size_t>(id)]->is_primary) return not_primary();
  ReplicaMember& primary = *members_[static_cast<std::size_t>(id)];
  while (tick()) {
  }
  const auto is_ready = [&](const auto& member) {
    return member.get() != &primary && sees(primary, *member) &&
           member->log.size() == primary.log.size();
  };
  const bool has_heir = std::any_of(members_.begin(), members_.end(), is_ready);
  if (!has_heir && !bool_field(command, "force", false)) {
    return CommandError{262, "ExceededTimeLimit", "No electable secondaries caught up"};
  }
  const std::int64_t seconds =
      std::max<std::int64_t>(1, integer_field(command, "replSetStepDown", 60));
  primary.is_primary = false;
  primary.not_electable_until_ms = now_ms() + seconds * 1000;
  if (bool_field(command, "killConnections", false)) primary.server->cut_others(connection_id);
  changed_.notify_all();
  return std::nullopt;
}

void ReplicaSet::append_status(bson_t* reply) const {
  ArrayWriter array(reply, "members");
  const MutexLock lock(mutex_);
  for (const auto& member : members_) {
    const BsonDocument one;
    append_text(one.get(), "name", member->host);
    const std::string_view state = !member->is_member   ? "REMOVED"
                                   : !member->is_up     ? "DOWN"
                                   : member->is_primary ? "PRIMARY"
                                                        : "SECONDARY";
    append_text(one.get(), "stateStr", state);
    BSON_APPEND_INT64(one.get(), "term", member->term);
    BSON_APPEND_INT64(one.get(), "logLength", static_cast<std::int64_t>(member->log.size()));
    BSON_APPEND_INT64(one.get(), "commitPoint", static_cast<std::int64_t>(member->commit_point));
    BSON_APPEND_INT64(one.get(), "documents",
                      static_cast<std::int64_t>(member->node().store.documents()));
    BSON_APPEND_INT64(one.get(), "rolledBack", member->rolled_back);
    array.add_document(*one);
  }
  array.end();
}

}  // namespace mongo_store::scripted
