// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/document_store.h"

#include <utility>

namespace mongo_store::scripted {

const Collection* DocumentStore::find(const std::string& name) const {
  const auto found = collections_.find(name);
  return found == collections_.end() ? nullptr : &found->second;
}

InsertOutcome DocumentStore::insert(const std::string& name, std::span<const ByteView> documents,
                                    bool is_ordered, LogPosition position) {
  InsertOutcome outcome;
  const MutexLock lock(mutex_);
  Collection& collection = collections_[name];
  for (std::size_t i = 0; i < documents.size(); ++i) {
    SharedDocument document = Collection::complete(documents[i]);
    std::optional<DuplicateKey> duplicate = collection.insert(document, position);
    if (!duplicate) {
      ++outcome.inserted;
      outcome.documents.push_back(std::move(document));
      outcome.indexes.push_back(i);
      continue;
    }
    outcome.refused.push_back({i, std::move(*duplicate)});
    if (is_ordered) break;
  }
  return outcome;
}

void DocumentStore::insert_shared(const std::string& name,
                                  std::span<const SharedDocument> documents, LogPosition position) {
  const MutexLock lock(mutex_);
  Collection& collection = collections_[name];
  for (const SharedDocument& document : documents) (void)collection.insert(document, position);
}

std::vector<DocumentNumber> DocumentStore::select(const std::string& name,
                                                  const Query& query) const {
  const MutexLock lock(mutex_);
  const Collection* collection = find(name);
  return collection == nullptr ? std::vector<DocumentNumber>{} : collection->select(query);
}

std::size_t DocumentStore::count(const std::string& name, const Filter& filter,
                                 LogPosition visible_to) const {
  const MutexLock lock(mutex_);
  const Collection* collection = find(name);
  return collection == nullptr ? 0 : collection->count(filter, visible_to);
}

std::size_t DocumentStore::read(const std::string& name, std::span<const DocumentNumber> numbers,
                                const std::function<bool(ByteView)>& take) const {
  const MutexLock lock(mutex_);
  const Collection* collection = find(name);
  if (collection == nullptr) return numbers.size();
  std::size_t gone_through = 0;
  for (const DocumentNumber number : numbers) {
    const ByteView document = collection->document(number);
    if (!document.empty() && !take(document)) break;
    ++gone_through;
  }
  return gone_through;
}

std::size_t DocumentStore::remove(const std::string& name, const Filter& filter,
                                  std::size_t limit) {
  const MutexLock lock(mutex_);
  const auto found = collections_.find(name);
  if (found == collections_.end()) return 0;
  Query query;
  query.filter = filter;
  query.limit = limit;
  const std::vector<DocumentNumber> numbers = found->second.select(query);
  for (const DocumentNumber number : numbers) found->second.remove(number);
  return numbers.size();
}

void DocumentStore::create(const std::string& name) {
  const MutexLock lock(mutex_);
  collections_.try_emplace(name);
}

Status DocumentStore::create_index(const std::string& name, const IndexOptions& index) {
  const MutexLock lock(mutex_);
  return collections_[name].create_index(index);
}

std::vector<IndexOptions> DocumentStore::indexes(const std::string& name) const {
  const MutexLock lock(mutex_);
  const Collection* collection = find(name);
  return collection == nullptr ? std::vector<IndexOptions>{} : collection->indexes();
}

bool DocumentStore::drop(const std::string& name) {
  const MutexLock lock(mutex_);
  return collections_.erase(name) == 1;
}

void DocumentStore::drop_all() {
  const MutexLock lock(mutex_);
  collections_.clear();
}

std::vector<std::string> DocumentStore::collections(std::string_view database) const {
  const std::string prefix = std::string(database) + ".";
  std::vector<std::string> names;
  const MutexLock lock(mutex_);
  for (auto it = collections_.lower_bound(prefix);
       it != collections_.end() && it->first.starts_with(prefix); ++it) {
    names.push_back(it->first.substr(prefix.size()));
  }
  return names;
}

std::vector<std::string> DocumentStore::databases() const {
  std::vector<std::string> names;
  const MutexLock lock(mutex_);
  for (const auto& [name, collection] : collections_) {
    std::string database = name.substr(0, name.find('.'));
    if (names.empty() || names.back() != database) names.push_back(std::move(database));
  }
  return names;
}

std::size_t DocumentStore::documents() const {
  std::size_t total = 0;
  const MutexLock lock(mutex_);
  for (const auto& [name, collection] : collections_) total += collection.size();
  return total;
}

}  // namespace mongo_store::scripted
