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

// Bounds on what a record holds beside its payload. A topic alias makes a 64 KiB topic of nine
// bytes on the wire, so longer values are cut, flagged, and such a publish becomes a dead letter.
inline constexpr std::size_t kTopicBytesMax = 1024;
inline constexpr std::size_t kClientIdBytesMax = 256;
inline constexpr std::size_t kUsernameBytesMax = 256;
inline constexpr std::size_t kMessageIdBytesMax = 256;
// What is kept of a payload over `payload_max_bytes`.
inline constexpr std::size_t kTruncatedPayloadBytes = std::size_t{64} << 10;
// The most that encode_head() ever writes; with the journal's record header it stays under 2 KiB.
inline constexpr std::size_t kPublishHeadBytesMax = 1920;

// A publish as it arrived. A view: whoever made it owns the memory that it points to.
struct Publish {
  ObjectId id;                  // fixed at arrival; the `_id` of what it becomes
  std::int64_t arrival_ms = 0;  // UTC, milliseconds since 1970
  std::uint16_t route = 0;      // index into DeliveryContext::routes
  std::uint8_t qos = 0;         // 0 to 2
  bool is_retain = false;
  bool has_username = false;  // false: an anonymous client
  bool is_topic_cut = false;
  bool is_client_id_cut = false;
  bool is_username_cut = false;
  bool is_message_id_cut = false;
  std::string_view topic;
  std::string_view client_id;
  std::string_view username;
  std::string_view message_id;            // of a user property; empty: none
  ByteView payload;                       // at most `payload_max_bytes`, or what is kept of it
  std::uint32_t payload_bytes_total = 0;  // as it arrived; over payload.size() when truncated
};

// Writes all of a publish but its identifier (the journal's record header has that) and its
// payload (which follows as it is), cutting what is over its bound and setting the flag for it.
// Returns how many bytes of `to` it used. For the broker's thread: no allocation, no system call.
std::size_t encode_head(const Publish& publish, std::span<std::byte, kPublishHeadBytesMax> to);

// Reads a record's body back; the views point into `body`. kCorrupt when it isn't one of ours.
Result<Publish> decode_publish(const ObjectId& id, ByteView body);

}  // namespace mongo_store::message
