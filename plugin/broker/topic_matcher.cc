// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/topic_matcher.h"

#include "broker/mosquitto_api.h"

namespace mongo_store::broker {

TopicMatcher::TopicMatcher(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    const bool is_subtree = filter.ends_with("/#");
    const std::string names = is_subtree ? filter.substr(0, filter.size() - 2) : filter;
    if (names.find_first_of("+#") != std::string::npos) {
      filters_.push_back({FilterKind::kWildcards, filter});
    } else {
      filters_.push_back({is_subtree ? FilterKind::kSubtree : FilterKind::kExact, names});
    }
  }
}

bool TopicMatcher::matches(const char* topic) const {
  const std::string_view topic_text(topic);
  for (const Filter& filter : filters_) {
    if (matches(filter, topic, topic_text)) return true;
  }
  return false;
}

bool TopicMatcher::matches(const Filter& filter, const char* topic, std::string_view topic_text) {
  switch (filter.kind) {
    case FilterKind::kExact: return topic_text == filter.text;
    case FilterKind::kSubtree:
      return topic_text.starts_with(filter.text) &&
             (topic_text.size() == filter.text.size() || topic_text[filter.text.size()] == '/');
    case FilterKind::kWildcards: {
      bool is_match = false;
      return mosquitto_topic_matches_sub(filter.text.c_str(), topic, &is_match) ==
                 MOSQ_ERR_SUCCESS &&
             is_match;
    }
  }
  return false;
}

}  // namespace mongo_store::broker
