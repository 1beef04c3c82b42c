// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/replica_set.h"

// The actions that a test performs on a set.
namespace mongo_store::scripted {
namespace {

CommandError no_such_member() {
  return CommandError::bad_value(
      "members must name members of the set: HOST:PORT, or \"primary\" while there is one");
}

}  // namespace

struct ReplicaSet::NamedAction {
  std::string_view name;
  Action act;
};

const ReplicaSet::NamedAction ReplicaSet::kActions[] = {
    {"partition", &ReplicaSet::partition},
    {"heal", &ReplicaSet::heal},
    {"stopMembers", &ReplicaSet::stop_member},
    {"startMembers", &ReplicaSet::start_member},
    {"lag", &ReplicaSet::set_lag},
    {"addMember", &ReplicaSet::add_member},
    {"removeMembers", &ReplicaSet::remove_member},
    {"elect", &ReplicaSet::elect},
    {"holdElections", &ReplicaSet::hold_elections},
    {"allowElections", &ReplicaSet::allow_elections},
};

CommandOutcome ReplicaSet::simulate(const bson_t& command, bson_t* reply) {
  const std::string_view name = text_field(command, "simulate");
  const auto* found = std::find_if(std::begin(kActions), std::end(kActions),
                                   [&](const auto& known) { return known.name == name; });
  if (found == std::end(kActions)) {
    return CommandError::bad_value(text("can't simulate '", name, "'"));
  }
  const MutexLock lock(mutex_);
  CommandOutcome outcome = (this->*found->act)(command, reply);
  changed_.notify_all();
  return outcome;
}

int ReplicaSet::find(std::string_view named) const {
  if (named == "primary") return newest_primary();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->host == named) return static_cast<int>(i);
  }
  return -1;
}

// Empty if one of them isn't known.
std::vector<int> ReplicaSet::chosen(const bson_t& command) const {
  std::vector<int> found;
  const BsonView names(embedded_field(command, "members"));
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &names.bson())) return {};
  while (bson_iter_next(&iter)) {
    const int id = BSON_ITER_HOLDS_UTF8(&iter) ? find(bson_iter_utf8(&iter, nullptr)) : -1;
    if (id < 0) return {};
    found.push_back(id);
  }
  return found;
}

CommandOutcome ReplicaSet::partition(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.empty()) return no_such_member();
  for (const auto& member : members_) member->side = 0;
  for (const int id : ids) {
    ReplicaMember& member = *members_[static_cast<std::size_t>(id)];
    member.side = 1;
    if (!bool_field(command, "fromClients", false)) continue;
    member.server->set_open(false);
    member.server->cut_others(0);
  }
  return std::nullopt;
}

CommandOutcome ReplicaSet::heal(const bson_t&, bson_t*) {
  for (const auto& member : members_) {
    member->side = 0;
    member->lag_ms = 0;
    if (member->is_up && !member->server->set_open(true)) {
      return CommandError{9001, "SocketException", text(member->host, " is taken")};
    }
  }
  return std::nullopt;
}

CommandOutcome ReplicaSet::stop_member(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.empty()) return no_such_member();
  for (const int id : ids) {
    ReplicaMember& member = *members_[static_cast<std::size_t>(id)];
    member.is_up = member.is_primary = false;
    member.server->set_open(false);
    member.server->cut_others(0);
  }
  return std::nullopt;
}

CommandOutcome ReplicaSet::start_member(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.empty()) return no_such_member();
  for (const int id : ids) {
    ReplicaMember& member = *members_[static_cast<std::size_t>(id)];
    if (!member.server->set_open(true)) {
      return CommandError{9001, "SocketException", text(member.host, " is taken")};
    }
    member.is_up = true;
  }
  return std::nullopt;
}

CommandOutcome ReplicaSet::set_lag(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.empty()) return no_such_member();
  for (const int id : ids) {
    members_[static_cast<std::size_t>(id)]->lag_ms = integer_field(command, "ms", 0);
  }
  return std::nullopt;
}

CommandOutcome ReplicaSet::add_member(const bson_t& command, bson_t* reply) {
  const std::int64_t port = integer_field(command, "port", 0);
  const std::string suffix = text(":", port);
  int known = -1;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->host.ends_with(suffix)) known = static_cast<int>(i);
  }
  if (known >= 0) {
    members_[static_cast<std::size_t>(known)]->is_member = true;
    append_text(reply, "host", members_[static_cast<std::size_t>(known)]->host);
  } else {
    const Result<std::string> host = add(static_cast<std::uint16_t>(port));
    if (!host.is_ok()) return CommandError{9001, "SocketException", host.message()};
    append_text(reply, "host", host.value());
  }
  ++version_;
  return std::nullopt;
}

CommandOutcome ReplicaSet::remove_member(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.empty()) return no_such_member();
  for (const int id : ids) {
    ReplicaMember& member = *members_[static_cast<std::size_t>(id)];
    member.is_member = member.is_primary = false;
    member.server->cut_others(0);
  }
  ++version_;
  return std::nullopt;
}

CommandOutcome ReplicaSet::elect(const bson_t& command, bson_t*) {
  const std::vector<int> ids = chosen(command);
  if (ids.size() != 1) return no_such_member();
  ReplicaMember& member = *members_[static_cast<std::size_t>(ids.front())];
  while (tick()) {
  }
  if (!can_win(member)) return CommandError{125, "CommandFailed", "a majority wouldn't vote so"};
  make_primary(member);
  return std::nullopt;
}

CommandOutcome ReplicaSet::hold_elections(const bson_t&, bson_t*) {
  holds_elections_ = true;
  return std::nullopt;
}

CommandOutcome ReplicaSet::allow_elections(const bson_t&, bson_t*) {
  holds_elections_ = false;
  return std::nullopt;
}

}  // namespace mongo_store::scripted
