// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/filter.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/value_key.h"

namespace mongo_store::scripted {
namespace {

bool has_operators(const bson_iter_t& value) {
  bson_iter_t child;
  return BSON_ITER_HOLDS_DOCUMENT(&value) && bson_iter_recurse(&value, &child) &&
         bson_iter_next(&child) && bson_iter_key(&child)[0] == '$';
}

std::vector<std::string> element_keys(const bson_iter_t& array) {
  std::vector<std::string> keys;
  bson_iter_t element;
  if (!bson_iter_recurse(&array, &element)) return keys;
  while (bson_iter_next(&element)) keys.push_back(value_key(element));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool find_path(const bson_t& document, const std::string& path, bson_iter_t& found) {
  bson_iter_t start;
  if (!bson_iter_init(&start, &document)) return false;
  if (path.find('.') != std::string::npos) {
    return bson_iter_find_descendant(&start, path.c_str(), &found);
  }
  found = start;
  return bson_iter_find(&found, path.c_str());
}

}  // namespace

Result<Filter::Operator> Filter::operator_named(std::string_view name) {
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"$eq", Operator::kIn},           {"$in", Operator::kIn},
      {"$ne", Operator::kNotEqual},     {"$gt", Operator::kGreater},
      {"$lt", Operator::kLess},         {"$gte", Operator::kGreaterOrEqual},
      {"$lte", Operator::kLessOrEqual}, {"$exists", Operator::kExists},
  };
  for (const auto& [known, op] : kOperators) {
    if (known == name) return op;
  }
  return Status::reject(text("unknown operator: ", name));
}

Status Filter::add_operators(const std::string& field, const bson_t& operators) {
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &operators)) return Status::reject("malformed filter");
  while (bson_iter_next(&iter)) {
    const std::string_view name = bson_iter_key(&iter);
    const Result<Operator> op = operator_named(name);
    if (!op.is_ok()) return op.status();
    Term term{field, op.value(), {}};
    if (name == "$in") {
      if (!BSON_ITER_HOLDS_ARRAY(&iter)) return Status::reject("$in needs an array");
      term.keys = element_keys(iter);
    } else if (op.value() == Operator::kExists) {
      if (bson_iter_as_bool(&iter)) term.keys.emplace_back();
    } else {
      term.keys.push_back(value_key(iter));
    }
    terms_.push_back(std::move(term));
  }
  return Status();
}

Result<Filter> Filter::parse(const bson_t& filter) {
  Filter parsed;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &filter)) return Status::reject("malformed filter");
  while (bson_iter_next(&iter)) {
    const std::string field = bson_iter_key(&iter);
    if (field.starts_with('$')) return Status::reject(text("unknown top level operator: ", field));
    if (has_operators(iter)) {
      const Status status = parsed.add_operators(field, BsonView(iter).bson());
      if (!status.is_ok()) return status;
    } else {
      parsed.terms_.push_back({field, Operator::kIn, {value_key(iter)}});
    }
  }
  return parsed;
}

bool Filter::holds(const Term& term, const bson_t& document) {
  bson_iter_t found;
  const bool exists = find_path(document, term.field, found);
  if (term.op == Operator::kExists) return exists != term.keys.empty();
  const std::string key = exists ? value_key(found) : null_key();
  if (term.op == Operator::kIn) {
    return std::binary_search(term.keys.begin(), term.keys.end(), key);
  }
  const std::string& bound = term.keys.front();
  if (term.op == Operator::kNotEqual) return key != bound;
  if (key.front() != bound.front()) return false;  // ranges compare values of one type only
  switch (term.op) {
    case Operator::kGreater: return key > bound;
    case Operator::kGreaterOrEqual: return key >= bound;
    case Operator::kLess: return key < bound;
    default: return key <= bound;
  }
}

bool Filter::matches(ByteView document) const {
  const BsonView view(document);
  return std::all_of(terms_.begin(), terms_.end(),
                     [&view](const Term& term) { return holds(term, view.bson()); });
}

const std::vector<std::string>* Filter::id_keys() const {
  for (const Term& term : terms_) {
    if (term.field == "_id" && term.op == Operator::kIn) return &term.keys;
  }
  return nullptr;
}

}  // namespace mongo_store::scripted
