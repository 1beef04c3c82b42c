// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Receives one document after another. Each is valid only during on_document().
class DocumentVisitor {
 public:
  virtual ~DocumentVisitor() = default;
  virtual void on_document(const bson_t& document) = 0;
};

// The field that tells which documents are the newest. `_id` always has an index, but rises only in
// documents without a message id.
enum class Order { kById, kByDate };

// Reads stored documents, for the tools. One thread. A call blocks as long as a session's does.
// Documents are relaxed Extended JSON, one line each. kRefuse: options, credentials or rights are
// wrong. kRetry: the server can't be reached, or failed. Reads from where the URI says, or from the
// primary.
class DocumentReader {
 public:
  // Connects to nothing yet, but looks up a mongodb+srv name.
  static Result<std::unique_ptr<DocumentReader>> open(ConnectionOptions options);
  DocumentReader(ClientPtr client, std::string hosts);

  // The database's collections by name. kRetry or kRefuse also if the server lists none.
  Result<std::vector<std::string>> collections(const std::string& database);
  // Counts them exactly, which takes time for a large collection. If the server can't count them
  // within ten seconds, they are read page by page, and `progress` gets the `_id` of each.
  Result<std::int64_t> count(const std::string& database, const std::string& collection,
                             DocumentVisitor& progress);
  // The document that the server finds first. None if the collection is empty.
  Result<std::optional<std::string>> first(const std::string& database,
                                           const std::string& collection);
  // The newest documents, newest first. `limit` is at least 1. If the server can't find them within
  // ten seconds, they are searched in pages, as in count().
  Result<std::vector<std::string>> last(const std::string& database, const std::string& collection,
                                        std::int64_t limit, Order order, DocumentVisitor& progress);
  // Passes each document to the visitor in the server's own order, at read concern majority (or
  // without it, if the server has no majority reads). Only one page is in memory at a time. The
  // URI's socketTimeoutMS applies to a page, not to the whole: without an index for an order, a
  // server could spend minutes on the first document.
  Status each(const std::string& database, const std::string& collection, DocumentVisitor& visitor);

 private:
  Result<std::vector<std::string>> find(const std::string& database, const std::string& collection,
                                        const bson_t& options);
  Status visit(const std::string& database, const std::string& collection, const bson_t& options,
               DocumentVisitor& visitor);
  bool visit_pages(const std::string& database, const std::string& collection,
                   const bson_t& options, DocumentVisitor& visitor, bson_error_t& error);
  Status each_page(const std::string& database, const std::string& collection,
                   const char* only_field, DocumentVisitor& visitor);
  Status failure(const bson_error_t& error, std::string_view tried) const;

  ClientPtr client_;
  const std::string hosts_;
};

}  // namespace mongo_store::mongo
