// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <utility>

#include "tests/support/scripted_mongod/replica_set.h"

// The automatic work of a set: copying, committing, noticing a lost primary, electing.
namespace mongo_store::scripted {
namespace {

constexpr std::chrono::milliseconds kTick{5};
constexpr int kEntriesATick = 64;  // copied to one member per round, so that writes get their turn

bool is_newer(const Log& left, const Log& right) {
  const std::int64_t left_term = left.empty() ? 0 : left.back()->term;
  const std::int64_t right_term = right.empty() ? 0 : right.back()->term;
  return left_term != right_term ? left_term > right_term : left.size() > right.size();
}

}  // namespace

std::size_t ReplicaSet::majority() const {
  const auto voters = std::count_if(members_.begin(), members_.end(),
                                    [](const auto& member) { return member->is_member; });
  return static_cast<std::size_t>(voters) / 2 + 1;
}

std::size_t ReplicaSet::in_sight(const ReplicaMember& member) const {
  return static_cast<std::size_t>(std::count_if(
      members_.begin(), members_.end(), [&](const auto& other) { return sees(member, *other); }));
}

ReplicaMember* ReplicaSet::primary_in_sight(const ReplicaMember& member) {
  ReplicaMember* found = nullptr;
  for (const auto& other : members_) {
    if (!other->is_primary || !sees(member, *other)) continue;
    if (found == nullptr || other->term > found->term) found = other.get();
  }
  return found;
}

int ReplicaSet::newest_primary() const {
  int found = -1;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!members_[i]->is_primary) continue;
    if (found < 0 || members_[i]->term > members_[static_cast<std::size_t>(found)]->term) {
      found = static_cast<int>(i);
    }
  }
  return found;
}

void ReplicaSet::run() {
  const MutexLock lock(mutex_);
  while (!is_stopping_) {
    if (!tick()) changed_.wait_for(mutex_, kTick);
    // Lets a writer that is waiting for the lock get it between two rounds.
    mutex_.unlock();
    std::this_thread::yield();
    mutex_.lock();
  }
}

// True if there is more to copy now.
bool ReplicaSet::tick() {
  follow_newer_terms();
  watch_primaries();
  elect_where_due();
  bool has_more = false;
  const std::int64_t now = now_ms();
  for (const auto& member : members_) has_more = copy_to(*member, now) || has_more;
  advance_commit_points();
  return has_more;
}

void ReplicaSet::follow_newer_terms() {
  for (const auto& member : members_) {
    ReplicaMember* primary = primary_in_sight(*member);
    if (primary == nullptr || primary == member.get() || primary->term <= member->term) continue;
    if (member->is_primary) changed_.notify_all();
    member->is_primary = false;
    member->term = primary->term;
  }
}

// A primary that hasn't seen a majority for the election time steps down, because the members that
// lost sight of it elect another one.
void ReplicaSet::watch_primaries() {
  const std::int64_t now = now_ms();
  for (const auto& member : members_) {
    const bool is_well =
        member->is_primary ? in_sight(*member) >= majority() : primary_in_sight(*member) != nullptr;
    if (is_well || !member->is_up || !member->is_member) {
      member->without_since_ms = 0;
    } else if (member->without_since_ms == 0) {
      member->without_since_ms = now;
    } else if (member->is_primary && now - member->without_since_ms >= options_.election_ms) {
      member->is_primary = false;
      changed_.notify_all();
    }
  }
}

// A voter refuses a candidate whose log is behind its own, so that what a majority has is never
// rolled back.
bool ReplicaSet::can_win(const ReplicaMember& member) const {
  const auto votes = std::count_if(members_.begin(), members_.end(), [&](const auto& voter) {
    return sees(member, *voter) && !is_newer(voter->log, member.log);
  });
  return static_cast<std::size_t>(votes) >= majority();
}

ReplicaMember* ReplicaSet::candidate(const ReplicaMember& voter) {
  ReplicaMember* best = nullptr;
  for (const auto& member : members_) {
    if (!sees(voter, *member) || now_ms() < member->not_electable_until_ms) continue;
    if (!can_win(*member)) continue;
    if (best == nullptr || is_newer(member->log, best->log)) best = member.get();
  }
  return best;
}

void ReplicaSet::elect_where_due() {
  if (holds_elections_) return;
  const std::int64_t now = now_ms();
  for (const auto& member : members_) {
    const bool is_first = newest_primary() < 0 && members_.front()->log.empty();
    const bool is_due =
        member->without_since_ms != 0 && now - member->without_since_ms >= options_.election_ms;
    if (!(is_due || is_first) || primary_in_sight(*member) != nullptr) continue;
    ReplicaMember* winner = candidate(*member);
    if (winner != nullptr) make_primary(*winner);
  }
}

void ReplicaSet::make_primary(ReplicaMember& member) {
  std::int64_t term = 0;
  for (const auto& known : members_) term = std::max(term, known->term);
  member.term = member.synced_term = term + 1;
  member.is_primary = true;
  member.not_electable_until_ms = 0;
  LogEntry beginning;  // entries of earlier terms are committed only together with one of this term
  beginning.term = member.term;
  beginning.written_ms = now_ms();
  member.append(std::make_shared<const LogEntry>(std::move(beginning)));
  follow_newer_terms();
  changed_.notify_all();
}

bool ReplicaSet::copy_to(ReplicaMember& member, std::int64_t now) {
  const ReplicaMember* primary = primary_in_sight(member);
  if (primary == nullptr || primary == &member || member.is_primary) return false;
  if (member.synced_term != primary->term) {
    const LogPosition common = common_length(member.log, primary->log);
    if (common < member.log.size()) member.roll_back_to(common);
    member.synced_term = primary->term;
  }
  int copied = 0;
  while (member.log.size() < primary->log.size()) {
    const auto& entry = primary->log[member.log.size()];
    if (entry->written_ms + member.lag_ms > now) break;
    if (copied == kEntriesATick) return true;
    member.copy(entry);
    ++copied;
  }
  if (copied > 0) changed_.notify_all();
  return false;
}

void ReplicaSet::advance_commit_points() {
  for (const auto& primary : members_) {
    if (!primary->is_primary) continue;
    std::vector<LogPosition> lengths;
    for (const auto& member : members_) {
      if (!member->is_member) continue;
      const bool follows = member == primary || member->synced_term == primary->term;
      lengths.push_back(follows ? member->log.size() : 0);
    }
    std::sort(lengths.rbegin(), lengths.rend());
    const LogPosition reached = lengths[majority() - 1];
    if (reached <= primary->commit_point) continue;
    if (primary->log[reached - 1]->term != primary->term) continue;
    primary->commit_point = reached;
    changed_.notify_all();
  }
  for (const auto& member : members_) {
    const ReplicaMember* primary = primary_in_sight(*member);
    if (primary == nullptr || member->synced_term != primary->term) continue;
    member->commit_point = std::max(
        member->commit_point, std::min<LogPosition>(primary->commit_point, member->log.size()));
  }
}

}  // namespace mongo_store::scripted
