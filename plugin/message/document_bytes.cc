// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/document_bytes.h"

#include <bson/bson.h>

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

void append_dead_letter(const Publish& publish, const DeliveryContext& context,
                        const Rejection& rejection, ByteBuffer& to) {
  ScopedBson document;
  build_dead_letter(publish, context, rejection, document.get());
  document.append_to(to);
}

}  // namespace mongo_store::message
