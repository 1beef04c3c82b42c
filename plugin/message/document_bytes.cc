// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/document_bytes.h"

#include <bson/bson.h>

#include <cstdint>
#include <cstring>

#include "message/dead_letter.h"
#include "message/document_builder.h"

namespace mongo_store::message {
namespace {

class ScopedBson {
 public:
  ScopedBson() { bson_init(&document_); }
  ~ScopedBson() { bson_destroy(&document_); }
  ScopedBson(const ScopedBson&) = delete;
  ScopedBson& operator=(const ScopedBson&) = delete;

  bson_t* get() { return &document_; }
  void append_to(ByteBuffer& to) const {
    const auto* first = reinterpret_cast<const std::byte*>(bson_get_data(&document_));
    to.insert(to.end(), first, first + document_.len);
  }

 private:
  bson_t document_;
};

}  // namespace

Rejection append_document(const Publish& publish, const DeliveryContext& context, ByteBuffer& to) {
  ScopedBson document;
  Rejection rejection = build_document(publish, context, document.get());
  if (rejection.is_none()) document.append_to(to);
  return rejection;
}

ObjectId id_of_document(ByteView document) {
  ObjectId id;
  bson_t bson;
  bson_iter_t at;
  if (!document.empty() &&
      bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()),
                       document.size()) &&
      bson_iter_init_find(&at, &bson, "_id") && BSON_ITER_HOLDS_OID(&at)) {
    std::memcpy(id.bytes.data(), bson_iter_oid(&at)->bytes, ObjectId::kBytes);
  }
  return id;
}

void append_dead_letter(const Publish& publish, const DeliveryContext& context,
                        const Rejection& rejection, ByteBuffer& to) {
  ScopedBson document;
  build_dead_letter(publish, context, rejection, document.get());
  document.append_to(to);
}

}  // namespace mongo_store::message
