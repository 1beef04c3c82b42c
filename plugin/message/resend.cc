// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/resend.h"

#include <bson/bson.h>

#include <cstdint>
#include <cstring>

namespace mongo_store::message {
namespace {

// What is left of a document without the fields that a resend changes.
class Content {
 public:
  explicit Content(ByteView document) {
    bson_t whole;
    bson_init(&content_);
    is_bson_ = !document.empty() &&
               bson_init_static(&whole, reinterpret_cast<const std::uint8_t*>(document.data()),
                                document.size());
    if (is_bson_) {
      bson_copy_to_excluding_noinit(&whole, &content_, "date", "gatewayID",
                                    static_cast<const char*>(nullptr));
    }
  }
  ~Content() { bson_destroy(&content_); }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  bool is_equal(const Content& other) const {
    return is_bson_ && other.is_bson_ && bson_equal(&content_, &other.content_);
  }
  bool has_id(const ObjectId& id) const {
    bson_iter_t at;
    return bson_iter_init_find(&at, &content_, "_id") && BSON_ITER_HOLDS_OID(&at) &&
           std::memcmp(bson_iter_oid(&at)->bytes, id.bytes.data(), ObjectId::kBytes) == 0;
  }

 private:
  bson_t content_;
  bool is_bson_;
};

}  // namespace

bool is_resend(ByteView document, ByteView stored, const ObjectId& arrival_id) {
  const Content content(document);
  return !content.has_id(arrival_id) && content.is_equal(Content(stored));
}

}  // namespace mongo_store::message
