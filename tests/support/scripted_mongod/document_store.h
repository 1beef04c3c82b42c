// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/collection.h"
#include "tests/support/scripted_mongod/query.h"

namespace mongo_store::scripted {

struct InsertOutcome {
  struct Refused {
    std::size_t index;  // within the batch
    DuplicateKey duplicate;
  };
  std::size_t inserted = 0;
  std::vector<SharedDocument> documents;  // those that were inserted
  std::vector<std::size_t> indexes;       // their indexes within the batch
  std::vector<Refused> refused;           // in the order of the batch
};

// All databases of one member, in memory. A namespace is "DATABASE.COLLECTION". A namespace that
// doesn't exist reads as empty, and an insert or an index creates it. Any thread. One mutex guards
// everything, and no call waits for anything else.
class DocumentStore {
 public:
  // If `is_ordered`, stops at the first refused document. The documents must be well-formed.
  InsertOutcome insert(const std::string& name, std::span<const ByteView> documents,
                       bool is_ordered, LogPosition position = 0) EXCLUDES(mutex_);
  // Inserts documents of another member's log. One of them can only exist already if the log has it
  // twice.
  void insert_shared(const std::string& name, std::span<const SharedDocument> documents,
                     LogPosition position) EXCLUDES(mutex_);
  std::vector<DocumentNumber> select(const std::string& name, const Query& query) const
      EXCLUDES(mutex_);
  std::size_t count(const std::string& name, const Filter& filter,
                    LogPosition visible_to = kEverything) const EXCLUDES(mutex_);
  // Passes the documents that still exist to `take`, with the lock held, until `take` returns
  // false. Returns how many of the numbers were processed.
  std::size_t read(const std::string& name, std::span<const DocumentNumber> numbers,
                   const std::function<bool(ByteView)>& take) const EXCLUDES(mutex_);
  // Returns how many were removed. Limit 0: no limit.
  std::size_t remove(const std::string& name, const Filter& filter, std::size_t limit)
      EXCLUDES(mutex_);

  void create(const std::string& name) EXCLUDES(mutex_);
  Status create_index(const std::string& name, const IndexOptions& index) EXCLUDES(mutex_);
  std::vector<IndexOptions> indexes(const std::string& name) const EXCLUDES(mutex_);
  // False if there was none.
  bool drop(const std::string& name) EXCLUDES(mutex_);
  void drop_all() EXCLUDES(mutex_);
  // The names of its collections, without the database's name.
  std::vector<std::string> collections(std::string_view database) const EXCLUDES(mutex_);
  std::vector<std::string> databases() const EXCLUDES(mutex_);
  std::size_t documents() const EXCLUDES(mutex_);

 private:
  const Collection* find(const std::string& name) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Collection> collections_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::scripted
