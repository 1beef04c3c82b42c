// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/status.h"
#include "tests/support/scripted_mongod/filter.h"

namespace mongo_store::scripted {

// A position in a log: the number of entries up to and including one. 0 without a log.
using LogPosition = std::uint64_t;
constexpr LogPosition kEverything = std::numeric_limits<LogPosition>::max();

struct SortField {
  std::string name;  // "$natural" is the order of insertion
  bool is_descending = false;
};

// A query of one collection. Without `sort`, documents are in the order of insertion.
struct Query {
  Filter filter;
  std::vector<SortField> sort;
  std::uint64_t skip = 0;
  std::uint64_t limit = 0;               // 0: no limit
  LogPosition visible_to = kEverything;  // later documents aren't visible
};

std::vector<SortField> parse_sort(const bson_t& sort);

// An aggregation with these stages in this order: $match, $sort, $skip and $limit, each at most
// once; then nothing, or a $group or $count that counts. Anything else is rejected.
struct Aggregation {
  Query query;
  bool is_count = false;
  std::string count_field;  // the field with the count in the answer
  bool has_group_id = false;
};
Result<Aggregation> parse_pipeline(const bson_t& pipeline);

// The fields of a document in an answer: top-level ones, all of them included or all excluded.
struct Projection {
  std::vector<std::string> fields;
  bool is_inclusion = false;
  bool has_id = true;

  static Projection parse(const bson_t& projection);
  bool keeps_all() const { return fields.empty() && has_id && !is_inclusion; }
  bool keeps(std::string_view field) const;
};

}  // namespace mongo_store::scripted
