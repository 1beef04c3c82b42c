// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/stored_documents.h"

#include <cstdint>
#include <utility>

#include "mongo/bson_view.h"

namespace mongo_store::mongo {
namespace {

// A document that contains only the value, so that values of all types can be compared as bytes.
// Empty if there is no `_id`.
std::string id_of(const bson_t& document) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, "_id")) return "";
  OwnedBson id;
  bson_append_iter(id.get(), "_id", -1, &at);
  return {reinterpret_cast<const char*>(bson_get_data(id.get())), id.get()->len};
}

void append_value(bson_t* to, const char* key, const std::string& id) {
  bson_t view;
  bson_iter_t at;
  if (view_as_bson(&view, as_bytes(id)) && bson_iter_init_find(&at, &view, "_id")) {
    bson_append_iter(to, key, -1, &at);
  }
}

}  // namespace

StoredDocuments::StoredDocuments(std::span<const ByteView> wanted) : stored_(wanted.size()) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    bson_t document;
    if (!view_as_bson(&document, wanted[i])) continue;
    std::string id = id_of(document);
    if (!id.empty()) positions_[std::move(id)].push_back(i);
  }
}

void StoredDocuments::append_filter(bson_t* filter) const {
  if (positions_.size() == 1) {
    append_value(filter, "_id", positions_.begin()->first);
    return;
  }
  OwnedBson ids;
  std::uint32_t index = 0;
  for (const auto& [id, positions] : positions_) {
    append_value(ids.get(), std::to_string(index++).c_str(), id);
  }
  bson_t condition;
  bson_append_document_begin(filter, "_id", -1, &condition);
  bson_append_array(&condition, "$in", -1, ids.get());
  bson_append_document_end(filter, &condition);
}

void StoredDocuments::add(const bson_t& found) {
  const auto at = positions_.find(id_of(found));
  if (at == positions_.end()) return;
  const auto* bytes = reinterpret_cast<const std::byte*>(bson_get_data(&found));
  for (const std::size_t position : at->second) stored_[position].assign(bytes, bytes + found.len);
}

}  // namespace mongo_store::mongo
