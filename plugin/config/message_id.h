// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/document_settings.h"

namespace mongo_store::config {

inline constexpr std::size_t kMessageIdNameBytesMax = 256;
// The whole option, including the prefix "property:".
inline constexpr std::size_t kMessageIdOptionBytesMax = 9 + kMessageIdNameBytesMax;

// The parsed option message_id: where a message contains its id.
struct MessageId {
  MessageIdSource source = MessageIdSource::kOff;
  std::string_view name;  // the payload field or user property; a view into the option
};

// Returns the reason why the option is invalid, as the rest of a sentence; empty if it is valid.
std::string check_message_id(std::string_view option);
// The option must be valid.
MessageId parse_message_id(std::string_view option);

}  // namespace mongo_store::config
