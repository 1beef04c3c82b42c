// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mongo_store::broker {

// Tells whether a topic matches one of the filters (MQTT 5, section 4.7). Exact filters and names
// that end in `/#` are compared here, the others by Mosquitto. The broker's thread; no allocation.
// Filters are valid (config/topic_filter.h).
class TopicMatcher {
 public:
  explicit TopicMatcher(const std::vector<std::string>& filters);

  bool matches(const char* topic) const;

 private:
  enum class FilterKind { kExact, kSubtree, kWildcards };
  struct Filter {
    FilterKind kind;
    std::string text;  // kSubtree: without its `/#`
  };

  static bool matches(const Filter& filter, const char* topic, std::string_view topic_text);

  std::vector<Filter> filters_;
};

}  // namespace mongo_store::broker
