// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace mongo_store::scripted {

constexpr std::size_t kMessageHeaderBytes = 16;
constexpr std::size_t kMessageBytesMax = 48'000'000;
constexpr int kNestingMax = 200;

// Documents that travel beside the body (OP_MSG, section kind 1), such as those of an insert.
struct DocumentSequence {
  std::string_view name;
  std::vector<ByteView> documents;
};

// One command as it came in. Everything in it looks into the bytes that it was parsed from. Each
// document is well-formed BSON, its text UTF-8, of at most kNestingMax levels; the body has at
// least one field.
struct WireMessage {
  std::int32_t request_id = 0;
  bool is_legacy_query = false;  // OP_QUERY: only a driver's first hello comes so
  bool wants_no_reply = false;
  ByteView body;
  std::vector<DocumentSequence> sequences;
};

// The length of the whole message that these kMessageHeaderBytes begin, its header included; at
// most kMessageBytesMax.
Result<std::size_t> message_length(ByteView header);

// The command's name, by the first bytes behind the header of an OP_MSG that begins with its body;
// empty if they don't hold it.
std::string_view command_name_in(ByteView beginning);

// Pure: any bytes may come. `message` is a whole message with its header.
Result<WireMessage> parse_message(ByteView message);

// The message that answers `request` with one document.
ByteBuffer encode_reply(const WireMessage& request, const bson_t& document);

}  // namespace mongo_store::scripted
