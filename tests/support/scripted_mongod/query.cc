// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/query.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::string_view kStages[] = {"$match", "$sort", "$skip", "$limit", "$group", "$count"};

// {_id: anything, FIELD: {$sum: 1}}
Status parse_group(const bson_t& group, Aggregation& into) {
  into.is_count = true;
  into.has_group_id = true;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &group)) return Status::reject("malformed $group");
  while (bson_iter_next(&iter)) {
    const std::string_view field = bson_iter_key(&iter);
    if (field == "_id") continue;
    const BsonView accumulator(iter);
    if (!into.count_field.empty() || integer_field(accumulator.bson(), "$sum", 0) != 1) break;
    into.count_field = field;
  }
  return into.count_field.empty() ? Status::reject("only {$sum: 1} is known in a $group")
                                  : Status();
}

Status parse_stage(std::string_view name, const bson_iter_t& value, const bson_t& stage,
                   Aggregation& into) {
  if (name == "$match") {
    Result<Filter> filter = Filter::parse(BsonView(value).bson());
    if (!filter.is_ok()) return filter.status();
    into.query.filter = std::move(filter).value();
  } else if (name == "$sort") {
    into.query.sort = parse_sort(BsonView(value).bson());
  } else if (name == "$skip") {
    into.query.skip =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_field(stage, "$skip", 0)));
  } else if (name == "$limit") {
    into.query.limit =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_field(stage, "$limit", 0)));
  } else if (name == "$group") {
    return parse_group(BsonView(value).bson(), into);
  } else {
    into.is_count = true;
    into.count_field = text_field(stage, "$count");
  }
  return Status();
}

}  // namespace

std::vector<SortField> parse_sort(const bson_t& sort) {
  std::vector<SortField> fields;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &sort)) return fields;
  while (bson_iter_next(&iter)) {
    fields.push_back({bson_iter_key(&iter), bson_iter_as_int64(&iter) < 0});
  }
  return fields;
}

Result<Aggregation> parse_pipeline(const bson_t& pipeline) {
  Aggregation parsed;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &pipeline)) return Status::reject("malformed pipeline");
  const auto* allowed_from = std::begin(kStages);
  while (bson_iter_next(&iter)) {
    const BsonView stage(iter);
    bson_iter_t value;
    if (!bson_iter_init(&value, &stage.bson()) || !bson_iter_next(&value)) {
      return Status::reject("a pipeline stage is a document of one field");
    }
    const std::string_view name = bson_iter_key(&value);
    const auto* known = std::find(allowed_from, std::end(kStages), name);
    if (parsed.is_count || known == std::end(kStages)) {
      return Status::reject(text("pipeline stage not supported here: ", escaped(name)));
    }
    allowed_from = std::next(known);
    const Status status = parse_stage(name, value, stage.bson(), parsed);
    if (!status.is_ok()) return status;
  }
  return parsed;
}

Projection Projection::parse(const bson_t& projection) {
  Projection parsed;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &projection)) return parsed;
  bool includes_id = false;
  while (bson_iter_next(&iter)) {
    const std::string_view field = bson_iter_key(&iter);
    const bool is_included = bson_iter_as_bool(&iter);
    if (field == "_id") {
      parsed.has_id = is_included;
      includes_id = is_included;
    } else {
      parsed.fields.emplace_back(field);
      parsed.is_inclusion = is_included;
    }
  }
  if (parsed.fields.empty() && includes_id) parsed.is_inclusion = true;
  return parsed;
}

bool Projection::keeps(std::string_view field) const {
  if (field == "_id") return has_id;
  return (std::find(fields.begin(), fields.end(), field) != fields.end()) == is_inclusion;
}

}  // namespace mongo_store::scripted
