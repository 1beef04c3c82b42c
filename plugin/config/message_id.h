// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/document_settings.h"

namespace mongo_store::config {

inline constexpr std::size_t kMessageIdNameBytesMax = 256;
// Of the whole option, with "property:" before the name.
inline constexpr std::size_t kMessageIdOptionBytesMax = 9 + kMessageIdNameBytesMax;

// The option message_id, taken apart: where in a message its id is.
struct MessageId {
  MessageIdSource source = MessageIdSource::kOff;
  std::string_view name;  // of the payload's field, or of the user property; a view of the option
};

// What is wrong with the option, as the rest of a sentence; empty: nothing.
std::string check_message_id(std::string_view option);
// Of an option that is good.
MessageId parse_message_id(std::string_view option);

}  // namespace mongo_store::config
