// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store::config {

inline constexpr std::size_t kTopicFiltersMax = 64;
// Longer topics never become documents.
inline constexpr std::size_t kTopicFilterBytesMax = 1024;

// Returns the reason why the filter is invalid, as the rest of a sentence; empty if it is valid.
std::string check_topic_filter(std::string_view filter);

}  // namespace mongo_store::config
