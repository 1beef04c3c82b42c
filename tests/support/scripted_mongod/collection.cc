// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/collection.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/value_key.h"

namespace mongo_store::scripted {
namespace {

ByteBuffer copied(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

ByteBuffer with_id(const bson_t& document) {
  const BsonDocument complete;
  bson_oid_t id;
  bson_oid_init(&id, nullptr);
  BSON_APPEND_OID(complete.get(), "_id", &id);
  bson_concat(complete.get(), &document);
  return copied(bytes_of(*complete));
}

DuplicateKey duplicate_of(const IndexOptions& index, const std::string& field, ByteView document) {
  const BsonView view(document);
  const BsonDocument key_value;
  bson_iter_t value;
  const bool exists = find_field(view.bson(), field.c_str(), value);
  if (exists) {
    bson_append_iter(key_value.get(), field.c_str(), -1, &value);
  } else {
    bson_append_null(key_value.get(), field.c_str(), -1);
  }
  return {index.name, field, copied(bytes_of(*key_value))};
}

ByteBuffer ascending(const char* field) {
  const BsonDocument key;
  BSON_APPEND_INT32(key.get(), field, 1);
  return copied(bytes_of(*key));
}

}  // namespace

Collection::Collection() { indexes_.push_back({{"_id_", ascending("_id"), true}, "_id", {}}); }

std::string Collection::key_in(const Index& index, ByteView document) {
  const BsonView view(document);
  bson_iter_t value;
  const bool exists = find_field(view.bson(), index.field.c_str(), value);
  return exists ? value_key(value) : null_key();
}

SharedDocument Collection::complete(ByteView document) {
  const BsonView view(document);
  return std::make_shared<const ByteBuffer>(
      bson_has_field(&view.bson(), "_id") ? copied(document) : with_id(view.bson()));
}

std::optional<DuplicateKey> Collection::insert(SharedDocument document, LogPosition position) {
  std::vector<std::string> keys;
  keys.reserve(indexes_.size());
  for (const Index& index : indexes_) {
    keys.push_back(index.options.is_unique ? key_in(index, *document) : std::string());
    if (index.entries.contains(keys.back())) {
      return duplicate_of(index.options, index.field, *document);
    }
  }
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    if (indexes_[i].options.is_unique) {
      indexes_[i].entries.emplace(std::move(keys[i]), documents_.size());
    }
  }
  documents_.push_back({std::move(document), position});
  return std::nullopt;
}

void Collection::remove(DocumentNumber number) {
  for (Index& index : indexes_) {
    if (index.options.is_unique) index.entries.erase(key_in(index, bytes(number)));
  }
  documents_[number] = {};
}

std::vector<DocumentNumber> Collection::matching(const Filter& filter,
                                                 LogPosition visible_to) const {
  std::vector<DocumentNumber> numbers;
  if (const auto* ids = filter.id_keys()) {
    const auto& by_id = indexes_.front().entries;
    for (const std::string& id : *ids) {
      const auto found = by_id.find(id);
      if (found == by_id.end() || !is_visible(found->second, visible_to)) continue;
      if (!filter.matches(bytes(found->second))) continue;
      numbers.push_back(found->second);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  for (DocumentNumber number = 0; number < documents_.size(); ++number) {
    if (is_visible(number, visible_to) && filter.matches(bytes(number))) numbers.push_back(number);
  }
  return numbers;
}

void Collection::sort(std::vector<DocumentNumber>& numbers,
                      const std::vector<SortField>& fields) const {
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (field->name == "$natural") {
      if (field->is_descending) std::reverse(numbers.begin(), numbers.end());
      continue;
    }
    std::vector<std::pair<std::string, DocumentNumber>> keyed;
    keyed.reserve(numbers.size());
    for (const DocumentNumber number : numbers) {
      const BsonView view(bytes(number));
      bson_iter_t value;
      const bool exists = find_field(view.bson(), field->name.c_str(), value);
      keyed.emplace_back(exists ? value_key(value) : null_key(), number);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& left, const auto& right) {
      return field->is_descending ? right.first < left.first : left.first < right.first;
    });
    std::transform(keyed.begin(), keyed.end(), numbers.begin(),
                   [](const auto& entry) { return entry.second; });
  }
}

std::vector<DocumentNumber> Collection::select(const Query& query) const {
  std::vector<DocumentNumber> numbers = matching(query.filter, query.visible_to);
  sort(numbers, query.sort);
  const auto skipped = std::min<std::uint64_t>(query.skip, numbers.size());
  numbers.erase(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(skipped));
  if (query.limit != 0 && query.limit < numbers.size()) numbers.resize(query.limit);
  return numbers;
}

std::size_t Collection::count(const Filter& filter, LogPosition visible_to) const {
  if (filter.is_empty() && visible_to == kEverything) return size();
  return matching(filter, visible_to).size();
}

Status Collection::create_index(const IndexOptions& options) {
  for (const Index& index : indexes_) {
    if (index.options.name == options.name) return Status();
  }
  const BsonView key(options.key);
  if (options.is_unique && bson_count_keys(&key.bson()) != 1) {
    return Status::refuse("only a unique index over one field is supported");
  }
  bson_iter_t field;
  if (!bson_iter_init(&field, &key.bson()) || !bson_iter_next(&field)) {
    return Status::refuse("an index needs a key");
  }
  Index index{options, bson_iter_key(&field), {}};
  for (DocumentNumber number = 0; options.is_unique && number < documents_.size(); ++number) {
    if (!documents_[number].bytes) continue;
    if (!index.entries.emplace(key_in(index, bytes(number)), number).second) {
      return Status::reject(text("E11000 duplicate key error: index: ", options.name));
    }
  }
  indexes_.push_back(std::move(index));
  return Status();
}

std::vector<IndexOptions> Collection::indexes() const {
  std::vector<IndexOptions> all;
  all.reserve(indexes_.size());
  for (const Index& index : indexes_) all.push_back(index.options);
  return all;
}

}  // namespace mongo_store::scripted
