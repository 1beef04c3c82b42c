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

// The maximum length of the gateway id, and of each name in a route. Callers of encode_context()
// must not exceed it.
inline constexpr std::size_t kContextTextBytesMax = 1024;

// Every setting that affects a document or where it is stored.
struct Route {
  std::string database;
  std::string collection;
  std::string dead_letter_collection;
  DeviceUid device_uid = DeviceUid::kPayload;
  NumberType number_type = NumberType::kAuto;
  bool has_metadata = false;
  std::uint32_t payload_bytes_max = 0;
  MessageIdSource message_id_source = MessageIdSource::kOff;
  std::string message_id_name{};  // of the payload's field or the user property; empty if kOff
  bool is_lenient = false;
  std::uint8_t device_uid_level = 2;  // of the topic, counted from 1; for kMatch
  // True only for records that an older program journalled: it may have stored their documents.
  bool accepts_empty_uuid = false;

  bool operator==(const Route&) const = default;
};

// Determines the document that each record of a segment becomes. It is fixed when the segment is
// created and stored in the segment's header; a restart under other settings therefore makes the
// same document from the record.
struct DeliveryContext {
  std::string gateway_id;
  std::vector<Route> routes;

  bool operator==(const DeliveryContext&) const = default;
};

// The format is documented in docs/journal-format.md. Decoding reads this version and all earlier
// ones; settings that an earlier version lacks get the behaviour of that version. Unknown bytes at
// the end of a route, or of the context, are skipped. kRefuse: a newer version; kCorrupt: invalid
// bytes.
ByteBuffer encode_context(const DeliveryContext& context);
Result<DeliveryContext> decode_context(ByteView bytes);

}  // namespace mongo_store::message
