// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {

ByteView embedded_bytes(const bson_iter_t& value) {
  std::uint32_t length = 0;
  const std::uint8_t* data = nullptr;
  if (BSON_ITER_HOLDS_DOCUMENT(&value)) bson_iter_document(&value, &length, &data);
  if (BSON_ITER_HOLDS_ARRAY(&value)) bson_iter_array(&value, &length, &data);
  return {reinterpret_cast<const std::byte*>(data), data == nullptr ? 0 : length};
}

BsonView::BsonView(const bson_iter_t& document_or_array)
    : BsonView(embedded_bytes(document_or_array)) {}

std::string_view text_field(const bson_t& document, const char* name) {
  bson_iter_t found;
  if (!find_field(document, name, found) || !BSON_ITER_HOLDS_UTF8(&found)) return {};
  std::uint32_t length = 0;
  const char* value = bson_iter_utf8(&found, &length);
  return {value, length};
}

bool bool_field(const bson_t& document, const char* name, bool otherwise) {
  bson_iter_t found;
  return find_field(document, name, found) ? bson_iter_as_bool(&found) : otherwise;
}

std::int64_t integer_field(const bson_t& document, const char* name, std::int64_t otherwise) {
  bson_iter_t found;
  if (!find_field(document, name, found) || !BSON_ITER_HOLDS_NUMBER(&found)) return otherwise;
  if (!BSON_ITER_HOLDS_DOUBLE(&found)) return bson_iter_as_int64(&found);
  constexpr double kExactMax = 9007199254740992.0;
  const double value = bson_iter_double(&found);
  return value >= -kExactMax && value <= kExactMax ? static_cast<std::int64_t>(value) : otherwise;
}

ByteView embedded_field(const bson_t& document, const char* name) {
  bson_iter_t found;
  return find_field(document, name, found) ? embedded_bytes(found) : ByteView{};
}

ArrayWriter::Key::Key(std::uint32_t index) {
  length = static_cast<int>(bson_uint32_to_string(index, &text, room, sizeof room));
}

void ArrayWriter::add_document(ByteView document) { add_document(BsonView(document).bson()); }

void ArrayWriter::add_document(const bson_t& document) {
  const Key key(next_++);
  bson_append_document(array_.get(), key.text, key.length, &document);
}

void ArrayWriter::add_text(std::string_view value) {
  const Key key(next_++);
  bson_append_utf8(array_.get(), key.text, key.length, value.data(),
                   static_cast<int>(value.size()));
}

void ArrayWriter::add_int64(std::int64_t value) {
  const Key key(next_++);
  bson_append_int64(array_.get(), key.text, key.length, value);
}

void ArrayWriter::end() { bson_append_array(parent_, name_, -1, array_.get()); }

void append_text(bson_t* to, const char* name, std::string_view value) {
  bson_append_utf8(to, name, -1, value.empty() ? "" : value.data(), static_cast<int>(value.size()));
}

void append_document(bson_t* to, const char* name, ByteView document) {
  bson_append_document(to, name, -1, &BsonView(document).bson());
}

}  // namespace mongo_store::scripted
