// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/document_settings.h"
#include "base/status.h"

namespace mongo_store::message {

// The bound on the gateway id, and on each name of a route. Who makes a context keeps to it.
inline constexpr std::size_t kContextTextBytesMax = 1024;

// Every setting that alters a document or its target.
struct Route {
  std::string database;
  std::string collection;
  std::string dead_letter_collection;
  DeviceUid device_uid = DeviceUid::kPayload;
  NumberType number_type = NumberType::kAuto;
  bool has_metadata = false;
  std::uint32_t payload_bytes_max = 0;
  MessageIdSource message_id_source = MessageIdSource::kOff;
  std::string message_id_name{};  // the payload's field, or the user property; empty when off
  bool is_lenient = false;
  std::uint8_t device_uid_level = 2;  // of the topic, from 1; for kMatch
  // Only of what an older program journalled: it may have stored the document already.
  bool accepts_empty_uuid = false;

  bool operator==(const Route&) const = default;
};

// What a record of a segment will become, fixed when the segment is begun and stored in its header:
// a restart under other settings replays the record into the same document.
struct DeliveryContext {
  std::string gateway_id;
  std::vector<Route> routes;

  bool operator==(const DeliveryContext&) const = default;
};

// The bytes are documented in docs/journal-format.md. Decoding reads every version up to this one
// (what an older one didn't have is as it was then), and skips what a route, or the context, holds
// behind what this version knows: kRefuse names a newer version, kCorrupt says what is wrong.
ByteBuffer encode_context(const DeliveryContext& context);
Result<DeliveryContext> decode_context(ByteView bytes);

}  // namespace mongo_store::message
