// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/replica_member.h"

#include <utility>

namespace mongo_store::scripted {
namespace {

void note_done(std::map<std::string, ReplicaMember::Done>& done, const LogEntry& entry) {
  if (entry.retryable.session.empty()) return;
  ReplicaMember::Done& known = done[entry.retryable.session];
  if (known.number != entry.retryable.number) known = {entry.retryable.number, {}};
  known.statements.insert(entry.statements.begin(), entry.statements.end());
}

}  // namespace

void ReplicaMember::append(std::shared_ptr<const LogEntry> entry) {
  note_done(done, *entry);
  log.push_back(std::move(entry));
}

void ReplicaMember::copy(const std::shared_ptr<const LogEntry>& entry) {
  entry->apply(node().store, log.size() + 1);
  append(entry);
}

void ReplicaMember::roll_back_to(LogPosition length) {
  for (LogPosition i = length; i < log.size(); ++i) {
    rolled_back += static_cast<std::int64_t>(log[i]->documents.size());
  }
  const Log kept(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(length));
  server->cut_others(0);
  node().cursors.close_all();
  node().store.drop_all();
  log.clear();
  done.clear();
  for (const auto& entry : kept) copy(entry);
}

}  // namespace mongo_store::scripted
