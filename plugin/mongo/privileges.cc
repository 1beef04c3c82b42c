// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/privileges.h"

#include <algorithm>

#include "base/text.h"

namespace mongo_store::mongo {
namespace {

constexpr std::size_t kNameBytesMax = 100;

std::optional<std::string> utf8_at(const bson_iter_t& within, const char* key) {
  bson_iter_t at;
  if (!bson_iter_recurse(&within, &at) || !bson_iter_find(&at, key) || !BSON_ITER_HOLDS_UTF8(&at)) {
    return std::nullopt;
  }
  return bson_iter_utf8(&at, nullptr);
}

bool is_true_at(const bson_iter_t& within, const char* key) {
  bson_iter_t at;
  return bson_iter_recurse(&within, &at) && bson_iter_find(&at, key) && bson_iter_as_bool(&at);
}

std::vector<std::string> actions_at(const bson_iter_t& privilege) {
  std::vector<std::string> actions;
  bson_iter_t at;
  bson_iter_t item;
  if (!bson_iter_recurse(&privilege, &at) || !bson_iter_find(&at, "actions") ||
      !bson_iter_recurse(&at, &item)) {
    return actions;
  }
  while (bson_iter_next(&item)) {
    if (BSON_ITER_HOLDS_UTF8(&item)) actions.emplace_back(bson_iter_utf8(&item, nullptr));
  }
  return actions;
}

}  // namespace

Privileges::Privileges(const bson_t& connection_status) {
  bson_iter_t at;
  bson_iter_t list;
  bson_iter_t item;
  if (bson_iter_init(&at, &connection_status) &&
      bson_iter_find_descendant(&at, "authInfo.authenticatedUsers.0", &item)) {
    user_ = text(escaped(utf8_at(item, "user").value_or(""), kNameBytesMax), " (of ",
                 escaped(utf8_at(item, "db").value_or(""), kNameBytesMax), ')');
  }
  if (!bson_iter_init(&at, &connection_status) ||
      !bson_iter_find_descendant(&at, "authInfo.authenticatedUserPrivileges", &list) ||
      !bson_iter_recurse(&list, &item)) {
    return;
  }
  while (bson_iter_next(&item)) {
    bson_iter_t resource;
    if (!bson_iter_recurse(&item, &resource) || !bson_iter_find(&resource, "resource")) continue;
    const std::optional<std::string> database = utf8_at(resource, "db");
    const std::optional<std::string> collection = utf8_at(resource, "collection");
    const bool is_any = is_true_at(resource, "anyResource");
    if (!is_any && (!database || !collection)) continue;  // of the cluster
    privileges_.push_back({database.value_or(""), collection.value_or(""), actions_at(item)});
  }
}

std::optional<bool> Privileges::allows(std::string_view action,
                                       const delivery::Target& target) const {
  if (privileges_.empty()) return std::nullopt;
  return std::ranges::any_of(privileges_, [&](const Privilege& privilege) {
    return (privilege.database.empty() || privilege.database == target.database) &&
           (privilege.collection.empty() || privilege.collection == target.collection) &&
           std::ranges::find(privilege.actions, action) != privilege.actions.end();
  });
}

}  // namespace mongo_store::mongo
