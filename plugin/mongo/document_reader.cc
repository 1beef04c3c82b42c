// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/document_reader.h"

#include <utility>

#include "base/text.h"
#include "mongo/error_sorter.h"
#include "mongo/read_concern.h"
#include "mongo/tool_client.h"

namespace mongo_store::mongo {
namespace {

CollectionPtr collection_of(mongoc_client_t* client, const std::string& database,
                            const std::string& collection) {
  return CollectionPtr(mongoc_client_get_collection(client, database.c_str(), collection.c_str()));
}

std::string json_of(const bson_t& document) {
  const BsonText json(bson_as_relaxed_extended_json(&document, nullptr));
  return json == nullptr ? "(a document that isn't UTF-8)" : json.get();
}

struct JsonLines : DocumentVisitor {
  void take(const bson_t& document) override { lines.push_back(json_of(document)); }
  std::vector<std::string> lines;
};

}  // namespace

Result<std::unique_ptr<DocumentReader>> DocumentReader::open(ConnectionOptions options) {
  Result<ToolClient> opened = open_tool_client(std::move(options));
  if (!opened.is_ok()) return opened.status();
  ToolClient client = std::move(opened).value();
  return std::make_unique<DocumentReader>(std::move(client.client), client.hosts);
}

DocumentReader::DocumentReader(ClientPtr client, std::string hosts)
    : client_(std::move(client)), hosts_(std::move(hosts)) {}

Result<std::int64_t> DocumentReader::count(const std::string& database,
                                           const std::string& collection) {
  const OwnedBson all;
  bson_error_t error = {};
  const CollectionPtr in = collection_of(client_.get(), database, collection);
  const std::int64_t counted =
      mongoc_collection_count_documents(in.get(), &*all, nullptr, nullptr, nullptr, &error);
  if (counted < 0) return failure(error, "count");
  return counted;
}

Result<std::optional<std::string>> DocumentReader::first(const std::string& database,
                                                         const std::string& collection) {
  OwnedBson options;
  bson_append_int64(options.get(), "limit", -1, 1);
  Result<std::vector<std::string>> found = find(database, collection, *options);
  if (!found.is_ok()) return found.status();
  if (found.value().empty()) return std::optional<std::string>();
  return std::optional<std::string>(std::move(found.value().front()));
}

Result<std::vector<std::string>> DocumentReader::last(const std::string& database,
                                                      const std::string& collection,
                                                      std::int64_t limit, Order order) {
  OwnedBson options;
  bson_t newest_first;
  bson_append_int64(options.get(), "limit", -1, limit);
  bson_append_document_begin(options.get(), "sort", -1, &newest_first);
  if (order == Order::kByDate) bson_append_int32(&newest_first, "date", -1, -1);
  bson_append_int32(&newest_first, "_id", -1, -1);
  bson_append_document_end(options.get(), &newest_first);
  return find(database, collection, *options);
}

Result<std::vector<std::string>> DocumentReader::find(const std::string& database,
                                                      const std::string& collection,
                                                      const bson_t& options) {
  JsonLines visitor;
  const Status status = visit(database, collection, options, visitor);
  if (!status.is_ok()) return status;
  return std::move(visitor.lines);
}

Status DocumentReader::each(const std::string& database, const std::string& collection,
                            DocumentVisitor& visitor) {
  OwnedBson options;
  bson_t part;
  bson_append_document_begin(options.get(), "sort", -1, &part);
  bson_append_int32(&part, "_id", -1, 1);
  bson_append_document_end(options.get(), &part);
  append_majority_read(options.get());
  return visit(database, collection, *options, visitor);
}

Status DocumentReader::visit(const std::string& database, const std::string& collection,
                             const bson_t& options, DocumentVisitor& visitor) {
  const OwnedBson all;
  const CollectionPtr in = collection_of(client_.get(), database, collection);
  const CursorPtr cursor(mongoc_collection_find_with_opts(in.get(), &*all, &options, nullptr));
  const bson_t* found = nullptr;
  while (mongoc_cursor_next(cursor.get(), &found)) visitor.take(*found);
  bson_error_t error = {};
  return mongoc_cursor_error(cursor.get(), &error) ? failure(error, "find") : Status();
}

Status DocumentReader::failure(const bson_error_t& error, std::string_view tried) const {
  return sort_command(error, text(tried, " at ", hosts_));
}

}  // namespace mongo_store::mongo
