// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/dead_letter_store.h"

#include <limits>

#include "base/text.h"
#include "mongo/error_sorter.h"
#include "mongo/read_concern.h"

namespace mongo_store::mongo {
namespace {

void append_id(bson_t* document, const char* key, const ObjectId& id) {
  bson_oid_t oid;
  bson_oid_init_from_data(&oid, reinterpret_cast<const std::uint8_t*>(id.bytes.data()));
  bson_append_oid(document, key, -1, &oid);
}

void append_filter(bson_t* filter, const DeadLetterFilter& wanted,
                   const std::optional<ObjectId>& after) {
  bson_t condition;
  bson_append_document_begin(filter, "_id", -1, &condition);
  if (wanted.id) append_id(&condition, "$eq", *wanted.id);
  append_id(&condition, after ? "$gt" : "$gte", after.value_or(ObjectId{}));
  bson_append_document_end(filter, &condition);
  if (!wanted.reason_code.empty()) {
    bson_append_utf8(filter, "reason.code", -1, wanted.reason_code.c_str(), -1);
  }
}

void append_options(bson_t* options, std::int64_t limit, std::int32_t direction) {
  bson_t part;
  bson_append_int64(options, "limit", -1, limit);
  bson_append_document_begin(options, "sort", -1, &part);
  bson_append_int32(&part, "_id", -1, direction);
  bson_append_document_end(options, &part);
}

}  // namespace

Result<std::unique_ptr<DeadLetterStore>> DeadLetterStore::open(ConnectionOptions options,
                                                               std::string database,
                                                               std::string collection) {
  Result<ToolClient> client = open_tool_client(std::move(options));
  if (!client.is_ok()) return client.status();
  return std::make_unique<DeadLetterStore>(std::move(client).value(), std::move(database),
                                           std::move(collection));
}

Result<std::vector<ByteBuffer>> DeadLetterStore::newest(const DeadLetterFilter& filter,
                                                        std::int64_t limit) {
  OwnedBson query;
  OwnedBson options;
  append_filter(query.get(), filter, std::nullopt);
  append_options(options.get(), limit, -1);
  bson_t projection;
  bson_append_document_begin(options.get(), "projection", -1, &projection);
  bson_append_int32(&projection, "payload", -1, 0);
  bson_append_document_end(options.get(), &projection);
  return find(*query, *options, std::numeric_limits<std::size_t>::max());
}

Result<std::vector<ByteBuffer>> DeadLetterStore::next(const DeadLetterFilter& filter,
                                                      const std::optional<ObjectId>& after,
                                                      std::size_t documents_max,
                                                      std::size_t bytes_max) {
  OwnedBson query;
  OwnedBson options;
  append_filter(query.get(), filter, after);
  append_options(options.get(), static_cast<std::int64_t>(documents_max), 1);
  return find(*query, *options, bytes_max);
}

// If the server has no majority reads, the primary's own data is read. A dead letter that is rolled
// back later came from a record that is still in its broker's journal.
Result<std::vector<ByteBuffer>> DeadLetterStore::find(const bson_t& filter, const bson_t& options,
                                                      std::size_t bytes_max) {
  std::vector<ByteBuffer> letters;
  OwnedBson majority;
  bson_concat(majority.get(), &options);
  append_majority_read(majority.get());
  bson_error_t error = {};
  if (find_into(letters, filter, *majority, bytes_max, &error)) return letters;
  if (is_majority_read_refused(error) && find_into(letters, filter, options, bytes_max, &error)) {
    return letters;
  }
  return failure(error, "find");
}

bool DeadLetterStore::find_into(std::vector<ByteBuffer>& letters, const bson_t& filter,
                                const bson_t& options, std::size_t bytes_max, bson_error_t* error) {
  const ReadPreferencesPtr primary(mongoc_read_prefs_new(MONGOC_READ_PRIMARY));
  const CollectionPtr in = collection();
  const CursorPtr cursor(
      mongoc_collection_find_with_opts(in.get(), &filter, &options, primary.get()));
  std::size_t bytes = 0;
  const bson_t* found = nullptr;
  while (bytes < bytes_max && mongoc_cursor_next(cursor.get(), &found)) {
    const auto* from = reinterpret_cast<const std::byte*>(bson_get_data(found));
    letters.emplace_back(from, from + found->len);
    bytes += found->len;
  }
  return !mongoc_cursor_error(cursor.get(), error);
}

Result<std::int64_t> DeadLetterStore::remove(std::span<const ObjectId> ids) {
  OwnedBson list;
  std::uint32_t index = 0;
  for (const ObjectId& id : ids) append_id(list.get(), std::to_string(index++).c_str(), id);
  OwnedBson query;
  bson_t condition;
  bson_append_document_begin(query.get(), "_id", -1, &condition);
  bson_append_array(&condition, "$in", -1, list.get());
  bson_append_document_end(query.get(), &condition);
  OwnedBson reply;
  bson_error_t error = {};
  const CollectionPtr from = collection();
  if (!mongoc_collection_delete_many(from.get(), query.get(), nullptr, reply.get(), &error)) {
    return failure(error, "delete");
  }
  bson_iter_t count;
  const bool is_counted = bson_iter_init_find(&count, reply.get(), "deletedCount");
  return is_counted ? bson_iter_as_int64(&count) : std::int64_t{0};
}

CollectionPtr DeadLetterStore::collection() {
  return CollectionPtr(
      mongoc_client_get_collection(client_.client.get(), database_.c_str(), collection_.c_str()));
}

Status DeadLetterStore::failure(const bson_error_t& error, std::string_view tried) const {
  return sort_command(error,
                      text(tried, " in ", database_, ".", collection_, " at ", client_.hosts));
}

}  // namespace mongo_store::mongo
