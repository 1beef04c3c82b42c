// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/message_id.h"

namespace mongo_store::config {
namespace {

constexpr std::string_view kOff = "off";
constexpr std::string_view kPayload = "payload:";
constexpr std::string_view kProperty = "property:";

}  // namespace

MessageId parse_message_id(std::string_view option) {
  if (option.starts_with(kPayload)) {
    return {MessageIdSource::kPayload, option.substr(kPayload.size())};
  }
  if (option.starts_with(kProperty)) {
    return {MessageIdSource::kProperty, option.substr(kProperty.size())};
  }
  return {};
}

std::string check_message_id(std::string_view option) {
  if (option == kOff) return {};
  const MessageId message_id = parse_message_id(option);
  if (message_id.source == MessageIdSource::kOff)
    return "begins with neither payload: nor property:";
  if (message_id.name.empty()) return "has no name after the colon";
  if (message_id.name.size() > kMessageIdNameBytesMax) return "has a name longer than 256 bytes";
  // A device's uuid is the same in all its messages: all but the first would be conflicts.
  const bool is_reading = message_id.name == "uuid" || message_id.name == "value";
  if (message_id.source == MessageIdSource::kPayload && is_reading) {
    return "names a field of the reading, which does not identify a message";
  }
  return {};
}

}  // namespace mongo_store::config
