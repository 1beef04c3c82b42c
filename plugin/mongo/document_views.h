// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/document_settings.h"
#include "delivery/sink.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// A batch in the form that the driver needs, without a copy: views of the caller's documents, which
// must outlive it. Documents that MongoDB can't store are refused here, because the driver would
// refuse the whole batch: over 16 MiB, or not BSON.
class DocumentViews {
 public:
  explicit DocumentViews(std::span<const ByteView> documents);

  // For mongoc_collection_insert_many(); size() pointers.
  const bson_t** pointers() { return pointers_.data(); }
  std::size_t size() const { return pointers_.size(); }
  // The index of the caller's document that a view is of.
  std::size_t position(std::size_t view) const { return positions_[view]; }
  const std::vector<delivery::Refusal>& refused() const { return refused_; }

 private:
  void refuse(std::size_t position, std::int32_t code, std::string message);

  struct View {
    bson_t bson;  // over-aligned, which a container of the bare type would lose
  };
  std::vector<View> views_;
  std::vector<const _bson_t*> pointers_;
  std::vector<std::size_t> positions_;
  std::vector<delivery::Refusal> refused_;
};

}  // namespace mongo_store::mongo
