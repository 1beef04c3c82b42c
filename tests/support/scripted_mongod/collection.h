// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/query.h"

namespace mongo_store::scripted {

// A document's place in the order of insertion. It is never used again within a collection.
using DocumentNumber = std::size_t;

// A document's bytes, which all members of a set and their logs share.
using SharedDocument = std::shared_ptr<const ByteBuffer>;

// An insert that a unique index refused.
struct DuplicateKey {
  std::string index_name;
  std::string field;
  ByteBuffer key_value;  // BSON: {field: value}
};

struct IndexOptions {
  std::string name;
  ByteBuffer key;  // BSON: {field: 1}
  bool is_unique = false;
};

// Documents of any shape in order of insertion, unique by `_id`. Not synchronised.
class Collection {
 public:
  Collection();

  // Inserts a copy. A document without `_id` gets an ObjectId as its first field.
  static SharedDocument complete(ByteView document);
  // `document` is complete; `position` is the position of its log entry.
  std::optional<DuplicateKey> insert(SharedDocument document, LogPosition position);
  std::vector<DocumentNumber> select(const Query& query) const;
  std::size_t count(const Filter& filter, LogPosition visible_to) const;
  void remove(DocumentNumber number);
  // Empty if it was removed, or never existed.
  ByteView document(DocumentNumber number) const {
    return number < documents_.size() && documents_[number].bytes ? bytes(number) : ByteView{};
  }
  std::size_t size() const { return indexes_.front().entries.size(); }

  // Refuses a unique index over several fields. If existing documents violate the index, the result
  // is kReject and names the duplicate. An index with a known name changes nothing.
  Status create_index(const IndexOptions& options);
  std::vector<IndexOptions> indexes() const;

 private:
  struct Index {
    IndexOptions options;
    std::string field;
    std::unordered_map<std::string, DocumentNumber> entries;  // by value key; empty if not unique
  };

  static std::string key_in(const Index& index, ByteView document);
  struct Stored {
    SharedDocument bytes;  // null: removed
    LogPosition position = 0;
  };

  ByteView bytes(DocumentNumber number) const { return *documents_[number].bytes; }
  bool is_visible(DocumentNumber number, LogPosition to) const {
    return documents_[number].bytes && documents_[number].position <= to;
  }
  std::vector<DocumentNumber> matching(const Filter& filter, LogPosition visible_to) const;
  void sort(std::vector<DocumentNumber>& numbers, const std::vector<SortField>& fields) const;

  std::deque<Stored> documents_;  // by number
  std::vector<Index> indexes_;    // `_id_` is the first
};

}  // namespace mongo_store::scripted
