// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"

namespace mongo_store::message {

// The maximum lengths of a record's texts. A topic alias turns nine bytes on the wire into a topic
// of 64 KiB, so longer texts are cut and flagged, and the publish becomes a dead letter.
inline constexpr std::size_t kTopicBytesMax = 1024;
inline constexpr std::size_t kClientIdBytesMax = 256;
inline constexpr std::size_t kUsernameBytesMax = 256;
inline constexpr std::size_t kMessageIdBytesMax = 256;
// How much of a payload over `payload_max_bytes` is kept.
inline constexpr std::size_t kTruncatedPayloadBytes = std::size_t{64} << 10;
// The most that encode_head() writes. With the journal's record header it is less than 2 KiB.
inline constexpr std::size_t kPublishHeadBytesMax = 1920;

// A publish as it arrived. Its texts and payload are views; the creator owns the memory.
struct Publish {
  ObjectId id;                  // assigned on arrival; the `_id` unless it has a message id
  std::int64_t arrival_ms = 0;  // UTC, milliseconds since 1970
  std::uint16_t route = 0;      // index into DeliveryContext::routes
  std::uint8_t qos = 0;         // 0 to 2
  bool is_retain = false;
  bool has_username = false;  // false: the client is anonymous
  bool is_topic_cut = false;
  bool is_client_id_cut = false;
  bool is_username_cut = false;
  bool is_message_id_cut = false;
  std::string_view topic;
  std::string_view client_id;
  std::string_view username;
  std::string_view message_id;            // from a user property; empty: none
  ByteView payload;                       // whole, or the part that is kept
  std::uint32_t payload_bytes_total = 0;  // on arrival; over payload.size() if truncated
};

// Writes a publish without its id (which the journal's record header contains) and without its
// payload (which follows it unchanged). Cuts texts that are too long, and flags them as cut.
// Returns the number of bytes written. Runs on the broker's thread: no allocation, no system call.
std::size_t encode_head(const Publish& publish, std::span<std::byte, kPublishHeadBytesMax> to);

// Reads a record's body; the result has views into `body`. kCorrupt: an unknown version, or invalid
// bytes.
Result<Publish> decode_publish(const ObjectId& id, ByteView body);

}  // namespace mongo_store::message
