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

// Is shown one document after the other; each only while take() runs.
class DocumentVisitor {
 public:
  virtual ~DocumentVisitor() = default;
  virtual void take(const bson_t& document) = 0;
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

  // Counts them, exactly: a large collection takes its time.
  Result<std::int64_t> count(const std::string& database, const std::string& collection);
  // The one that the server finds first; none in an empty collection.
  Result<std::optional<std::string>> first(const std::string& database,
                                           const std::string& collection);
  // The newest, newest first; at least 1.
  Result<std::vector<std::string>> last(const std::string& database, const std::string& collection,
                                        std::int64_t limit, Order order);
  // Shows each to the visitor, by rising `_id`, as a majority has it: one batch in memory at a
  // time.
  Status each(const std::string& database, const std::string& collection, DocumentVisitor& visitor);

 private:
  Result<std::vector<std::string>> find(const std::string& database, const std::string& collection,
                                        const bson_t& options);
  Status visit(const std::string& database, const std::string& collection, const bson_t& options,
               DocumentVisitor& visitor);
  Status failure(const bson_error_t& error, std::string_view tried) const;

  ClientPtr client_;
  const std::string hosts_;
};

}  // namespace mongo_store::mongo
