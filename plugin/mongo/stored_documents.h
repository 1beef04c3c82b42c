// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Collects the results of a query by `_id`, in the order of the documents that were asked for.
class StoredDocuments {
 public:
  explicit StoredDocuments(std::span<const ByteView> wanted);

  // { _id: { $in: [every wanted one] } }, or { _id: the only one }, which is the fastest query
  // everywhere: FerretDB 1 reads the whole collection for either, and takes ten times as long for
  // any $in. Documents without an `_id` aren't asked for.
  void append_filter(bson_t* filter) const;
  // One `_id` is asked for.
  bool is_one() const { return positions_.size() == 1; }
  // Ignores a document with another `_id`.
  void add(const bson_t& found);
  std::vector<ByteBuffer>& found() { return stored_; }

 private:
  std::vector<ByteBuffer> stored_;
  std::map<std::string, std::vector<std::size_t>> positions_;  // by their `_id` as BSON
};

}  // namespace mongo_store::mongo
