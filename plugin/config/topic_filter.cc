// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/topic_filter.h"

namespace mongo_store::config {
namespace {

std::string check_level(std::string_view level, bool is_last) {
  if (level.find('#') != std::string_view::npos && (level != "#" || !is_last)) {
    return "contains a # that is not the whole last level";
  }
  if (level.find('+') != std::string_view::npos && level != "+") {
    return "contains a + that is not a whole level";
  }
  return {};
}

// The broker's own topics, and shared subscriptions, which aren't filters.
bool is_reserved(std::string_view filter) {
  const std::string_view first = filter.substr(0, filter.find('/'));
  return first == "$SYS" || first == "$CONTROL" || first == "$share";
}

}  // namespace

std::string check_topic_filter(std::string_view filter) {
  if (is_reserved(filter)) return "contains a filter under $SYS, $CONTROL or $share";
  while (true) {
    const std::size_t slash = filter.find('/');
    const bool is_last = slash == std::string_view::npos;
    std::string reason = check_level(filter.substr(0, slash), is_last);
    if (!reason.empty() || is_last) return reason;
    filter.remove_prefix(slash + 1);
  }
}

}  // namespace mongo_store::config
