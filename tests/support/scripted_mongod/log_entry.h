// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/scripted_mongod/collection.h"
#include "tests/support/scripted_mongod/document_store.h"
#include "tests/support/scripted_mongod/filter.h"

namespace mongo_store::scripted {

// Identifies a write that a driver may send again with the same number. The answer is then the
// outcome of the first try.
struct RetryableWrite {
  std::string session;       // the session identifier's bytes; empty: not retryable
  std::int64_t number = -1;  // increases within a session
};

// One write, as members copy it from each other. Immutable once it is in a log.
struct LogEntry {
  enum class Kind { kNothing, kInsert, kDelete, kCreate, kCreateIndex, kDrop };

  Kind kind = Kind::kNothing;
  std::string target;  // "DATABASE.COLLECTION"
  std::vector<SharedDocument> documents;
  Filter filter;
  std::size_t limit = 0;
  IndexOptions index;
  RetryableWrite retryable;
  std::set<std::size_t> statements;  // of a retryable write: the documents' indexes in the batch

  std::int64_t term = 0;
  std::int64_t written_ms = 0;  // monotonic

  // Applies it to another member.
  void apply(DocumentStore& store, LogPosition position) const;
};

using Log = std::vector<std::shared_ptr<const LogEntry>>;

// The length of the common beginning of two logs. Entries are shared, so it ends at the last entry
// that is the same object.
LogPosition common_length(const Log& left, const Log& right);

// The end of a log after a write.
struct WritePoint {
  LogPosition position = 0;
  std::int64_t term = 0;
};

}  // namespace mongo_store::scripted
