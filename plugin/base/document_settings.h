// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

namespace mongo_store {

// These numbers are stored in the journal (docs/journal-format.md). They are also the indexes of an
// option's choices.

// Whether a device's uuid is trusted, or must be in the topic.
enum class DeviceUid : std::uint8_t { kPayload = 0, kMatch = 1 };
// How numbers are stored.
enum class NumberType : std::uint8_t { kAuto = 0, kDouble = 1 };
// Where a message's id is: in a field of the payload, or in a user property.
enum class MessageIdSource : std::uint8_t { kOff = 0, kPayload = 1, kProperty = 2 };

// MongoDB's limit.
inline constexpr std::size_t kDocumentBytesMax = std::size_t{16} << 20;

}  // namespace mongo_store
