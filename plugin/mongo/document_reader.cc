// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/document_reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "base/object_id.h"
#include "base/text.h"
#include "mongo/error_sorter.h"
#include "mongo/json_text.h"
#include "mongo/read_concern.h"
#include "mongo/tool_client.h"

namespace mongo_store::mongo {
namespace {

CollectionPtr collection_of(mongoc_client_t* client, const std::string& database,
                            const std::string& collection) {
  return CollectionPtr(mongoc_client_get_collection(client, database.c_str(), collection.c_str()));
}

// A slow server reads this many well within a socketTimeoutMS. FerretDB 1 on SQLite reads 5,000 a
// second.
constexpr std::int32_t kPageDocuments = 1000;
constexpr std::int64_t kAnswerMaxMs = 10'000;

// Measured by the server's clock, or by ours, because an older server ignores maxTimeMS.
bool is_time_out(const bson_error_t& error) {
  constexpr std::uint32_t kMaxTimeMsExpired = 50;
  return (error.domain == MONGOC_ERROR_SERVER && error.code == kMaxTimeMsExpired) ||
         is_connection_failure(error);
}

void append_projection(bson_t* options, const char* field) {
  bson_t fields;
  bson_append_document_begin(options, "projection", -1, &fields);
  bson_append_int32(&fields, field, -1, 1);
  bson_append_document_end(options, &fields);
}

struct Counter : DocumentVisitor {
  explicit Counter(DocumentVisitor& beside) : progress(beside) {}
  void on_document(const bson_t& document) override {
    ++count;
    progress.on_document(document);
  }
  DocumentVisitor& progress;
  std::int64_t count = 0;
};

// Keeps the newest ones without the server's help.
class Newest : public DocumentVisitor {
 public:
  Newest(std::size_t limit, Order order, DocumentVisitor& progress)
      : limit_(limit), order_(order), progress_(progress) {}

  void on_document(const bson_t& document) override {
    progress_.on_document(document);
    const Key key = key_of(document);
    if (kept_.size() == limit_ && key < kept_.begin()->first) return;
    kept_.emplace(key, json_of(document));
    if (kept_.size() > limit_) kept_.erase(kept_.begin());
  }

  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
      lines.push_back(std::move(kept->second));
    }
    return lines;
  }

 private:
  using Key = std::pair<std::int64_t, ObjectId>;  // `date`, if it is the order, and `_id`

  Key key_of(const bson_t& document) const {
    Key key;
    bson_iter_t at;
    if (order_ == Order::kByDate && bson_iter_init_find(&at, &document, "date") &&
        BSON_ITER_HOLDS_DATE_TIME(&at)) {
      key.first = bson_iter_date_time(&at);
    }
    if (bson_iter_init_find(&at, &document, "_id") && BSON_ITER_HOLDS_OID(&at)) {
      std::memcpy(key.second.bytes.data(), bson_iter_oid(&at)->bytes, ObjectId::kBytes);
    }
    return key;
  }

  const std::size_t limit_;
  const Order order_;
  DocumentVisitor& progress_;
  std::multimap<Key, std::string> kept_;
};

struct JsonLines : DocumentVisitor {
  void on_document(const bson_t& document) override { lines.push_back(json_of(document)); }
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

Result<std::vector<std::string>> DocumentReader::collections(const std::string& database) {
  OwnedBson options;
  bson_append_bool(options.get(), "authorizedCollections", -1, true);
  const DatabasePtr in(mongoc_client_get_database(client_.get(), database.c_str()));
  bson_error_t error = {};
  const NamesPtr found(mongoc_database_get_collection_names_with_opts(in.get(), &*options, &error));
  if (found == nullptr) return failure(error, "listCollections");
  std::vector<std::string> names;
  for (char** name = found.get(); *name != nullptr; ++name) names.emplace_back(*name);
  std::ranges::sort(names);
  return names;
}

Result<std::int64_t> DocumentReader::count(const std::string& database,
                                           const std::string& collection,
                                           DocumentVisitor& progress) {
  const OwnedBson all;
  OwnedBson options;
  bson_append_int64(options.get(), "maxTimeMS", -1, kAnswerMaxMs);
  bson_error_t error = {};
  const CollectionPtr in = collection_of(client_.get(), database, collection);
  const std::int64_t counted =
      mongoc_collection_count_documents(in.get(), &*all, &*options, nullptr, nullptr, &error);
  if (counted >= 0) return counted;
  if (!is_time_out(error)) return failure(error, "count");
  Counter counter(progress);
  const Status status = each_page(database, collection, "_id", counter);
  if (!status.is_ok()) return status;
  return counter.count;
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
                                                      std::int64_t limit, Order order,
                                                      DocumentVisitor& progress) {
  OwnedBson options;
  bson_t newest_first;
  bson_append_int64(options.get(), "limit", -1, limit);
  bson_append_int64(options.get(), "maxTimeMS", -1, kAnswerMaxMs);
  bson_append_document_begin(options.get(), "sort", -1, &newest_first);
  if (order == Order::kByDate) bson_append_int32(&newest_first, "date", -1, -1);
  bson_append_int32(&newest_first, "_id", -1, -1);
  bson_append_document_end(options.get(), &newest_first);
  JsonLines visitor;
  bson_error_t error = {};
  if (visit_pages(database, collection, *options, visitor, error)) return std::move(visitor.lines);
  if (!is_time_out(error)) return failure(error, "find");
  Newest newest(static_cast<std::size_t>(limit), order, progress);
  const Status status = each_page(database, collection, nullptr, newest);
  if (!status.is_ok()) return status;
  return newest.lines();
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
  return each_page(database, collection, nullptr, visitor);
}

// If the server refuses majority reads, it does so before the first document.
Status DocumentReader::each_page(const std::string& database, const std::string& collection,
                                 const char* only_field, DocumentVisitor& visitor) {
  for (const bool is_majority : {true, false}) {
    OwnedBson options;
    bson_append_int32(options.get(), "batchSize", -1, kPageDocuments);
    if (only_field != nullptr) append_projection(options.get(), only_field);
    if (is_majority) append_majority_read(options.get());
    bson_error_t error = {};
    if (visit_pages(database, collection, *options, visitor, error)) break;
    if (!is_majority || !is_majority_read_refused(error)) return failure(error, "find");
  }
  return {};
}

Status DocumentReader::visit(const std::string& database, const std::string& collection,
                             const bson_t& options, DocumentVisitor& visitor) {
  bson_error_t error = {};
  return visit_pages(database, collection, options, visitor, error) ? Status()
                                                                    : failure(error, "find");
}

bool DocumentReader::visit_pages(const std::string& database, const std::string& collection,
                                 const bson_t& options, DocumentVisitor& visitor,
                                 bson_error_t& error) {
  const OwnedBson all;
  const CollectionPtr in = collection_of(client_.get(), database, collection);
  const CursorPtr cursor(mongoc_collection_find_with_opts(in.get(), &*all, &options, nullptr));
  const bson_t* found = nullptr;
  while (mongoc_cursor_next(cursor.get(), &found)) visitor.on_document(*found);
  return !mongoc_cursor_error(cursor.get(), &error);
}

Status DocumentReader::failure(const bson_error_t& error, std::string_view tried) const {
  return sort_command(error, text(tried, " at ", hosts_));
}

}  // namespace mongo_store::mongo
