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

// Is shown one document after the other; each only while on_document() runs.
class DocumentVisitor {
 public:
  virtual ~DocumentVisitor() = default;
  virtual void on_document(const bson_t& document) = 0;
};

// What the newest documents are found by: `_id` has an index always, but rises only in documents
// without a message id.
enum class Order { kById, kByDate };

// Looks at what is stored, for the tools. One thread; a call blocks as long as a session's does.
// Documents are relaxed Extended JSON, each one line. kRefuse: options, credentials or rights are
// wrong; kRetry: the server can't be reached, or failed. Reads where the URI says, else from the
// primary.
class DocumentReader {
 public:
  // Connects to nothing yet, but looks a mongodb+srv name up.
  static Result<std::unique_ptr<DocumentReader>> open(ConnectionOptions options);
  DocumentReader(ClientPtr client, std::string hosts);

  // The database's collections, by name. kRetry or kRefuse also where the server lists none.
  Result<std::vector<std::string>> collections(const std::string& database);
  // Counts them, exactly: a large collection takes its time. Those that the server can't count
  // within ten seconds are read page by page, of which `progress` is shown each document's `_id`.
  Result<std::int64_t> count(const std::string& database, const std::string& collection,
                             DocumentVisitor& progress);
  // The one that the server finds first; none in an empty collection.
  Result<std::optional<std::string>> first(const std::string& database,
                                           const std::string& collection);
  // The newest, newest first; at least 1. Those that the server can't find within ten seconds are
  // looked for in pages, as count() does.
  Result<std::vector<std::string>> last(const std::string& database, const std::string& collection,
                                        std::int64_t limit, Order order, DocumentVisitor& progress);
  // Shows each to the visitor, in the server's own order, as a majority has it (where the server
  // can't read so, as it has it itself): one page in memory at a time. The socketTimeoutMS of the
  // URI is for a page, not for the whole: a server that has no index for an order would think about
  // the first one for minutes.
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
