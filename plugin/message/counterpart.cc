// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/counterpart.h"

#include <bson/bson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace mongo_store::message {
namespace {

// The position of a field. A bson_iter_t would take a hundred times the memory.
struct Field {
  std::string_view key;
  std::uint32_t offset = 0;  // into its document
};

bson_iter_t iterator_at(const bson_iter_t& document, const Field& field) {
  bson_iter_t at;
  (void)bson_iter_init_from_data_at_offset(&at, document.raw, document.len, field.offset,
                                           static_cast<std::uint32_t>(field.key.size()));
  return at;
}

// Sorted by key; fields with the same key keep their order. Sorting matters because a payload can
// have tens of thousands of fields.
std::vector<Field> sorted_fields(const bson_iter_t& document,
                                 std::initializer_list<std::string_view> without) {
  std::vector<Field> fields;
  bson_iter_t at = document;
  while (bson_iter_next(&at)) {
    const std::string_view key(bson_iter_key(&at), bson_iter_key_len(&at));
    if (std::ranges::find(without, key) == without.end()) {
      fields.push_back({key, bson_iter_offset(&at)});
    }
  }
  std::ranges::stable_sort(fields, {}, &Field::key);
  return fields;
}

bool is_same_value(const bson_iter_t& one, const bson_iter_t& other);

// Both iterators must be before the first field.
bool has_same_fields(const bson_iter_t& one, const bson_iter_t& other,
                     std::initializer_list<std::string_view> without) {
  const auto is_same = [&](const Field& field, const Field& other_field) {
    return field.key == other_field.key &&
           is_same_value(iterator_at(one, field), iterator_at(other, other_field));
  };
  return std::ranges::equal(sorted_fields(one, without), sorted_fields(other, without), is_same);
}

bool is_same_bytes(const bson_iter_t& one, const bson_iter_t& other) {
  bson_t first = BSON_INITIALIZER;
  bson_t second = BSON_INITIALIZER;
  const bool is_same = bson_append_iter(&first, "", 0, &one) &&
                       bson_append_iter(&second, "", 0, &other) && bson_equal(&first, &second);
  bson_destroy(&first);
  bson_destroy(&second);
  return is_same;
}

bool is_same_value(const bson_iter_t& one, const bson_iter_t& other) {
  if (bson_iter_type(&one) != bson_iter_type(&other)) return false;
  if (BSON_ITER_HOLDS_DOUBLE(&one)) return bson_iter_double(&one) == bson_iter_double(&other);
  if (!BSON_ITER_HOLDS_DOCUMENT(&one) && !BSON_ITER_HOLDS_ARRAY(&one)) {
    return is_same_bytes(one, other);
  }
  bson_iter_t within;
  bson_iter_t within_other;
  return bson_iter_recurse(&one, &within) && bson_iter_recurse(&other, &within_other) &&
         has_same_fields(within, within_other, {});
}

// A view of BSON bytes. If they aren't BSON, it has no fields.
class Content {
 public:
  explicit Content(ByteView bytes)
      : is_bson_(!bytes.empty() &&
                 bson_init_static(&bson_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                  bytes.size())) {}

  bool has_id(const ObjectId& id) const {
    bson_iter_t at;
    return find("_id", &at) && BSON_ITER_HOLDS_OID(&at) &&
           std::memcmp(bson_iter_oid(&at)->bytes, id.bytes.data(), ObjectId::kBytes) == 0;
  }
  bool has_same(const char* key, const Content& other) const {
    bson_iter_t at;
    bson_iter_t at_other;
    return find(key, &at) && other.find(key, &at_other) && is_same_value(at, at_other);
  }
  bool is_same_without(std::initializer_list<std::string_view> without,
                       const Content& other) const {
    bson_iter_t fields;
    bson_iter_t other_fields;
    return is_bson_ && other.is_bson_ && bson_iter_init(&fields, &bson_) &&
           bson_iter_init(&other_fields, &other.bson_) &&
           has_same_fields(fields, other_fields, without);
  }

 private:
  bool find(const char* key, bson_iter_t* at) const {
    return is_bson_ && bson_iter_init_find(at, &bson_, key);
  }

  bson_t bson_;
  const bool is_bson_;
};

}  // namespace

Counterpart compare(ByteView document, ByteView stored, const ObjectId& arrival_id) {
  const Content ours(document);
  const Content theirs(stored);
  const bool is_same_arrival = ours.has_same("date", theirs) && ours.has_same("gatewayID", theirs);
  if (ours.has_id(arrival_id)) {
    return is_same_arrival && ours.has_same("deviceUID", theirs) ? Counterpart::kOwn
                                                                 : Counterpart::kOther;
  }
  if (!ours.is_same_without({"date", "gatewayID"}, theirs)) return Counterpart::kOther;
  return is_same_arrival ? Counterpart::kOwn : Counterpart::kResend;
}

}  // namespace mongo_store::message
