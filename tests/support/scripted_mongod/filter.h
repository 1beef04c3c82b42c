// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace mongo_store::scripted {

// The filter of a find, count, delete or $match. Fields are equal to a value, or are compared by
// $eq, $ne, $in, $gt, $gte, $lt, $lte or $exists, and all terms must match. A dotted name is a
// path. A value doesn't match the elements of an array. Immutable.
class Filter {
 public:
  Filter() = default;  // matches everything
  // Rejects an unknown operator.
  static Result<Filter> parse(const bson_t& filter);

  bool matches(ByteView document) const;
  bool is_empty() const { return terms_.empty(); }

  // The value keys of the `_id`s that can match, if the filter lists them; otherwise nullptr.
  const std::vector<std::string>* id_keys() const;

 private:
  enum class Operator { kIn, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual, kExists };
  struct Term {
    std::string field;
    Operator op;
    std::vector<std::string> keys;  // sorted; for $exists: empty for false, one key for true
  };

  static bool holds(const Term& term, const bson_t& document);
  static Result<Operator> operator_named(std::string_view name);
  Status add_operators(const std::string& field, const bson_t& operators);

  std::vector<Term> terms_;
};

}  // namespace mongo_store::scripted
