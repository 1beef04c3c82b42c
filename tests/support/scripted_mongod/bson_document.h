// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace mongo_store::scripted {

// Owns a document under construction. std::unique_ptr isn't used, because GCC warns that a template
// argument loses bson_t's alignment attribute.
class BsonDocument {
 public:
  BsonDocument() : bson_(bson_new()) {}
  BsonDocument(BsonDocument&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}
  BsonDocument& operator=(BsonDocument&& other) noexcept {
    std::swap(bson_, other.bson_);
    return *this;
  }
  ~BsonDocument() {
    if (bson_ != nullptr) bson_destroy(bson_);
  }

  bson_t* get() const { return bson_; }
  const bson_t& operator*() const { return *bson_; }

 private:
  bson_t* bson_;
};

inline ByteView bytes_of(const bson_t& document) {
  return {reinterpret_cast<const std::byte*>(bson_get_data(&document)), document.len};
}

// A view of a document in memory that must outlive it. A span that isn't a document is shown as an
// empty one.
class BsonView {
 public:
  explicit BsonView(ByteView bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (bytes.empty() || !bson_init_static(&bson_, data, bytes.size())) bson_init(&bson_);
  }
  explicit BsonView(const bson_iter_t& document_or_array);
  BsonView(const BsonView&) = delete;
  BsonView& operator=(const BsonView&) = delete;

  const bson_t& bson() const { return bson_; }

 private:
  bson_t bson_;
};

// The bytes of an embedded document or array; empty if the value is neither.
ByteView embedded_bytes(const bson_iter_t& value);

inline bool find_field(const bson_t& document, const char* name, bson_iter_t& found) {
  return bson_iter_init_find(&found, &document, name);
}
std::string_view text_field(const bson_t& document, const char* name);
// Booleans and numbers; `otherwise` if the field is absent or has another type.
bool bool_field(const bson_t& document, const char* name, bool otherwise);
std::int64_t integer_field(const bson_t& document, const char* name, std::int64_t otherwise);
// An embedded document or array; empty if it is absent.
ByteView embedded_field(const bson_t& document, const char* name);

// Writes the elements of an array one after the other, each under its decimal index; end() appends
// the array to the parent. (libbson's function for this differs between versions.)
class ArrayWriter {
 public:
  ArrayWriter(bson_t* parent, const char* name) : parent_(parent), name_(name) {}
  void add_document(ByteView document);
  void add_document(const bson_t& document);
  void add_text(std::string_view value);
  void add_int64(std::int64_t value);
  std::size_t bytes() const { return array_.get()->len; }
  void end();

 private:
  struct Key {
    explicit Key(std::uint32_t index);
    char room[16];
    const char* text = nullptr;
    int length = 0;
  };

  bson_t* parent_;
  const char* name_;
  BsonDocument array_;
  std::uint32_t next_ = 0;
};

void append_text(bson_t* to, const char* name, std::string_view value);
void append_document(bson_t* to, const char* name, ByteView document);

}  // namespace mongo_store::scripted
