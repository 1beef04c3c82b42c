// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/traffic_notices.h"

#include <algorithm>

#include "base/text.h"

namespace mongo_store::broker {
namespace {

std::string joined(const std::vector<std::string>& filters) {
  std::string line;
  for (const std::string& filter : filters) line += text(line.empty() ? "" : " ", escaped(filter));
  return line;
}

}  // namespace

TrafficNotices::TrafficNotices(const std::vector<std::string>& filters, bool has_message_ids,
                               std::int64_t start_ms)
    : filters_(joined(filters)),
      has_message_ids_(has_message_ids),
      unmatched_from_ms_(start_ms + kUnmatchedAfterMs) {}

void TrafficNotices::keep_example(std::string_view topic) {
  example_bytes_ = std::min(topic.size(), example_.size());
  std::copy_n(topic.begin(), example_bytes_, example_.begin());
}

void TrafficNotices::log_new(std::int64_t now_ms, std::uint64_t matched, Logger& logger) {
  if (has_qos2_ && !has_message_ids_ && !is_qos2_logged_) {
    is_qos2_logged_ = true;
    logger.log(
        LogLevel::kNotice,
        "message_id: a QoS 2 message arrived, but message_id is off; Mosquitto passes each resend "
        "to plugins as a new message, so it becomes a second document: set message_id");
  }
  if (example_bytes_ > 0 && matched == 0 && !is_unmatched_logged_ && now_ms >= unmatched_from_ms_) {
    is_unmatched_logged_ = true;
    logger.log(LogLevel::kWarning,
               text("topics: messages are arriving, the first one on \"",
                    escaped({example_.data(), example_bytes_}), "\", but none matches ", filters_,
                    ", so nothing is being stored: set topics to the topics of your devices"));
  }
}

std::vector<std::string> filter_warnings(const std::vector<std::string>& filters) {
  std::vector<std::string> warnings;
  for (const std::string& filter : filters) {
    if (filter.starts_with('/')) {
      warnings.push_back(text("topics: the filter ", escaped(filter),
                              " matches only topics that also begin with a slash; to match the "
                              "others, leave the slash out: ",
                              escaped(filter.substr(1))));
    } else if (filter.find_first_of("/+#") == std::string::npos) {
      warnings.push_back(text("topics: the filter ", escaped(filter),
                              " matches that topic only; to match the topics below it, use ",
                              escaped(filter), "/#"));
    }
  }
  return warnings;
}

}  // namespace mongo_store::broker
