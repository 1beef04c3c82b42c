// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "tests/support/scripted_mongod/document_store.h"
#include "tests/support/scripted_mongod/query.h"

namespace mongo_store::scripted {

// The rest of a query's result. It holds numbers instead of copies, so that documents that are
// removed meanwhile are left out.
struct Cursor {
  const DocumentStore* store = nullptr;  // must outlive it
  std::string name;                      // the namespace
  std::vector<DocumentNumber> numbers;
  std::size_t next = 0;
  Projection projection;

  bool is_exhausted() const { return next == numbers.size(); }
};

// The open cursors of one member. Any thread.
class CursorTable {
 public:
  // Returns the identifier, which is never 0.
  std::int64_t put(Cursor cursor) EXCLUDES(mutex_);
  void put_back(std::int64_t id, Cursor cursor) EXCLUDES(mutex_);
  std::optional<Cursor> take(std::int64_t id) EXCLUDES(mutex_);
  void close_all() EXCLUDES(mutex_);
  // Closes the cursors of one namespace.
  void close_all(const std::string& name) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::int64_t last_id_ GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, Cursor> open_ GUARDED_BY(mutex_);
};

// Appends {cursor: {id, ns, firstBatch}} for documents that all fit into one answer.
void append_whole_cursor(bson_t* reply, const std::string& name,
                         const std::vector<ByteView>& documents);

// Appends the cursor's next documents under `batch_name`: at most `documents_max` and 16 MiB, but
// at least one document. Leaves the cursor in the table if there are more and it isn't
// `is_single_batch`; `id` is 0 for a new cursor.
struct BatchRequest {
  const char* batch_name = "firstBatch";
  std::int64_t id = 0;
  std::size_t documents_max = 0;
  bool is_single_batch = false;
};
void append_batch(bson_t* reply, CursorTable& table, Cursor cursor, const BatchRequest& request);

}  // namespace mongo_store::scripted
