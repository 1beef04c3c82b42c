// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/value_key.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

// MongoDB's order of types,
// https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order
enum class Rank : char {
  kMinKey = 1,
  kNull,
  kNumber,
  kDecimal,
  kText,
  kDocument,
  kArray,
  kBinary,
  kObjectId,
  kBool,
  kDate,
  kTimestamp,
  kRegex,
  kOther,
  kMaxKey,
};

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::string ranked(Rank rank, std::string_view bytes = {}) {
  std::string key(1, static_cast<char>(rank));
  key.append(bytes);
  return key;
}

void append_big_endian(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
  }
}

void append_ordered(std::string& key, std::int64_t value) {
  append_big_endian(key, static_cast<std::uint64_t>(value) ^ kSignBit);
}

// The bits of a double sort like integers once those of negative numbers are inverted.
void append_ordered(std::string& key, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0.0 ? 0.0 : value);
  append_big_endian(key, (bits & kSignBit) != 0 ? ~bits : bits | kSignBit);
}

std::string number_key(double value) {
  std::string key = ranked(Rank::kNumber);
  if (std::isnan(value)) return key;  // sorts before every other number
  append_ordered(key, value);
  append_ordered(key, std::int64_t{0});
  return key;
}

// The nearest double, then the difference to the integer: exact, and equal to the key of an equal
// double.
std::string number_key(std::int64_t value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const auto nearest = static_cast<double>(value);
  const std::uint64_t rounded =
      nearest == kTwoTo63 ? kSignBit
                          : static_cast<std::uint64_t>(static_cast<std::int64_t>(nearest));
  std::string key = ranked(Rank::kNumber);
  append_ordered(key, nearest);
  append_ordered(key, static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - rounded));
  return key;
}

std::string binary_key(const bson_iter_t& value) {
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::uint32_t length = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&value, &subtype, &length, &bytes);
  std::string key = ranked(Rank::kBinary);
  append_big_endian(key, length);
  key.push_back(static_cast<char>(subtype));
  key.append(reinterpret_cast<const char*>(bytes), length);
  return key;
}

std::string date_key(Rank rank, std::int64_t value) {
  std::string key = ranked(rank);
  append_ordered(key, value);
  return key;
}

std::string timestamp_key(const bson_iter_t& value) {
  std::uint32_t seconds = 0;
  std::uint32_t increment = 0;
  bson_iter_timestamp(&value, &seconds, &increment);
  std::string key = ranked(Rank::kTimestamp);
  append_big_endian(key, (std::uint64_t{seconds} << 32) | increment);
  return key;
}

std::string text_key(const bson_iter_t& value) {
  std::uint32_t length = 0;
  const char* characters = BSON_ITER_HOLDS_UTF8(&value) ? bson_iter_utf8(&value, &length)
                                                        : bson_iter_symbol(&value, &length);
  return ranked(Rank::kText, {characters, length});
}

std::string decimal_key(const bson_iter_t& value) {
  bson_decimal128_t decimal;
  bson_iter_decimal128(&value, &decimal);
  std::string key = ranked(Rank::kDecimal);
  append_big_endian(key, decimal.high);
  append_big_endian(key, decimal.low);
  return key;
}

// Regular expressions, code, and other values that nobody sorts by: the type, then the element's
// bytes.
std::string other_key(const bson_iter_t& value) {
  const bool is_regex = BSON_ITER_HOLDS_REGEX(&value);
  std::string key = ranked(is_regex ? Rank::kRegex : Rank::kOther);
  key.push_back(static_cast<char>(bson_iter_type(&value)));
  const auto* element = reinterpret_cast<const char*>(value.raw);
  key.append(element + value.d1, value.next_off - value.d1);
  return key;
}

}  // namespace

std::string null_key() { return ranked(Rank::kNull); }

std::string value_key(const bson_iter_t& value) {
  switch (bson_iter_type(&value)) {
    case BSON_TYPE_MINKEY: return ranked(Rank::kMinKey);
    case BSON_TYPE_MAXKEY: return ranked(Rank::kMaxKey);
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED: return null_key();
    case BSON_TYPE_INT32: return number_key(std::int64_t{bson_iter_int32(&value)});
    case BSON_TYPE_INT64: return number_key(bson_iter_int64(&value));
    case BSON_TYPE_DOUBLE: return number_key(bson_iter_double(&value));
    case BSON_TYPE_DECIMAL128: return decimal_key(value);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL: return text_key(value);
    case BSON_TYPE_DOCUMENT: return ranked(Rank::kDocument, as_text(embedded_bytes(value)));
    case BSON_TYPE_ARRAY: return ranked(Rank::kArray, as_text(embedded_bytes(value)));
    case BSON_TYPE_BINARY: return binary_key(value);
    case BSON_TYPE_OID:
      return ranked(Rank::kObjectId,
                    {reinterpret_cast<const char*>(bson_iter_oid(&value)->bytes), 12});
    case BSON_TYPE_BOOL: return ranked(Rank::kBool, bson_iter_bool(&value) ? "1" : "0");
    case BSON_TYPE_DATE_TIME: return date_key(Rank::kDate, bson_iter_date_time(&value));
    case BSON_TYPE_TIMESTAMP: return timestamp_key(value);
    default: return other_key(value);
  }
}

}  // namespace mongo_store::scripted
