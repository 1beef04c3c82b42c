// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/json_tree.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/text.h"

namespace mongo_store::message {
namespace {

constexpr std::size_t kExcerptBytes = 16;

Rejection not_json(std::string_view payload, std::size_t at) {
  at = std::min(at, payload.size());
  const std::string_view rest = payload.substr(at);
  const std::string where = rest.empty()
                                ? std::string("the end")
                                : text("byte ", at, ", \"", escaped(rest, kExcerptBytes), '"');
  return {RejectionCode::kInvalidJson,
          text("payload isn't valid JSON at ", where, ": expected one JSON object")};
}

// Marks each field whose key occurs again later in the object. Sorting bounds the work: comparing
// all pairs of keys would take seconds for an object of kValuesMax fields.
void drop_overridden(cJSON* object) {
  if (object->child == nullptr || object->child->next == nullptr) return;
  std::vector<cJSON*> fields;
  for (cJSON* field = object->child; field != nullptr; field = field->next) fields.push_back(field);
  std::stable_sort(fields.begin(), fields.end(), [](const cJSON* left, const cJSON* right) {
    return std::strcmp(left->string, right->string) < 0;
  });
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
    if (std::strcmp(fields[i]->string, fields[i + 1]->string) == 0) fields[i]->type = cJSON_Invalid;
  }
}

// Gives each number the index of its token, and applies the rules of JsonTree. Nodes are visited in
// the order of the text, because the tokens are in that order. Recurses at most kDepthMax levels.
// `met` is the count of numbers before this node; returns the count after it.
std::size_t prepare(cJSON* node, const NumberTokens& tokens, std::size_t met) {
  if (cJSON_IsNumber(node)) {
    node->valueint = static_cast<int>(met);
    if (met < tokens.size() && is_not_finite(tokens[met])) node->type = cJSON_NULL;
    ++met;
  }
  for (cJSON* child = node->child; child != nullptr; child = child->next) {
    met = prepare(child, tokens, met);
  }
  if (cJSON_IsObject(node)) drop_overridden(node);
  return met;
}

// A copy, because cJSON before 1.7.18 reads past the end of text that isn't NUL-terminated. cJSON
// can't parse NaN and infinities, so each is replaced by a 0 and spaces of the same total length.
std::string parseable_copy(std::string_view text, const NumberTokens& tokens) {
  std::string copy(text);
  for (const std::string_view token : tokens) {
    if (!is_not_finite(token)) continue;
    const auto at = static_cast<std::size_t>(token.data() - text.data());
    copy.replace(at, token.size(), token.size(), ' ');
    copy[at] = '0';
  }
  return copy;
}

}  // namespace

Rejection parse_payload(std::string_view payload, bool is_lenient, JsonTree* tree) {
  if (is_lenient) payload = without_filler(payload);
  Rejection rejection = check_payload(payload, is_lenient, &tree->numbers);
  if (!rejection.is_none()) return rejection;
  // The length includes the terminator. Without requiring it, cJSON would ignore anything after the
  // first value.
  const std::string terminated = parseable_copy(payload, tree->numbers);
  const char* end = terminated.c_str();
  tree->root.reset(
      cJSON_ParseWithLengthOpts(terminated.c_str(), terminated.size() + 1, &end, /*terminated=*/1));
  if (tree->root == nullptr) {
    return not_json(payload, static_cast<std::size_t>(end - terminated.c_str()));
  }
  const std::size_t met = prepare(tree->root.get(), tree->numbers, 0);
  return met == tree->numbers.size() ? Rejection{} : not_json(payload, 0);
}

const cJSON* find_field(const cJSON& object, const char* key) {
  for (const cJSON* field = object.child; field != nullptr; field = field->next) {
    if (!cJSON_IsInvalid(field) && std::strcmp(field->string, key) == 0) return field;
  }
  return nullptr;
}

}  // namespace mongo_store::message
