// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/cursor.h"

#include <span>
#include <utility>

#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::size_t kBatchBytesMax = std::size_t{16} << 20;

BsonDocument projected(const Projection& projection, ByteView document) {
  BsonDocument kept;
  const BsonView view(document);
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &view.bson())) return kept;
  while (bson_iter_next(&iter)) {
    if (projection.keeps(bson_iter_key(&iter))) {
      bson_append_iter(kept.get(), bson_iter_key(&iter), -1, &iter);
    }
  }
  return kept;
}

void write_batch(bson_t* to, Cursor& cursor, const BatchRequest& request) {
  ArrayWriter batch(to, request.batch_name);
  std::size_t written = 0;
  const auto take = [&](ByteView document) {
    const bool has_room = batch.bytes() + document.size() <= kBatchBytesMax || written == 0;
    if (written == request.documents_max || !has_room) return false;
    if (cursor.projection.keeps_all()) {
      batch.add_document(document);
    } else {
      batch.add_document(*projected(cursor.projection, document));
    }
    ++written;
    return true;
  };
  cursor.next +=
      cursor.store->read(cursor.name, std::span(cursor.numbers).subspan(cursor.next), take);
  batch.end();
}

void append_cursor(bson_t* reply, std::int64_t id, const std::string& name, const bson_t& batch) {
  bson_t cursor;
  BSON_APPEND_DOCUMENT_BEGIN(reply, "cursor", &cursor);
  BSON_APPEND_INT64(&cursor, "id", id);
  append_text(&cursor, "ns", name);
  bson_concat(&cursor, &batch);
  bson_append_document_end(reply, &cursor);
}

}  // namespace

std::int64_t CursorTable::put(Cursor cursor) {
  const MutexLock lock(mutex_);
  open_.emplace(++last_id_, std::move(cursor));
  return last_id_;
}

void CursorTable::put_back(std::int64_t id, Cursor cursor) {
  const MutexLock lock(mutex_);
  open_.emplace(id, std::move(cursor));
}

std::optional<Cursor> CursorTable::take(std::int64_t id) {
  const MutexLock lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return std::nullopt;
  Cursor cursor = std::move(found->second);
  open_.erase(found);
  return cursor;
}

void CursorTable::close_all() {
  const MutexLock lock(mutex_);
  open_.clear();
}

void CursorTable::close_all(const std::string& name) {
  const MutexLock lock(mutex_);
  std::erase_if(open_, [&](const auto& entry) { return entry.second.name == name; });
}

void append_whole_cursor(bson_t* reply, const std::string& name,
                         const std::vector<ByteView>& documents) {
  const BsonDocument batch;
  ArrayWriter array(batch.get(), "firstBatch");
  for (const ByteView document : documents) array.add_document(document);
  array.end();
  append_cursor(reply, 0, name, *batch);
}

void append_batch(bson_t* reply, CursorTable& table, Cursor cursor, const BatchRequest& request) {
  const BsonDocument batch;
  write_batch(batch.get(), cursor, request);
  const std::string name = cursor.name;
  std::int64_t id = 0;
  if (!cursor.is_exhausted() && !request.is_single_batch) {
    id = request.id;
    if (id == 0) {
      id = table.put(std::move(cursor));
    } else {
      table.put_back(id, std::move(cursor));
    }
  }
  append_cursor(reply, id, name, *batch);
}

}  // namespace mongo_store::scripted
