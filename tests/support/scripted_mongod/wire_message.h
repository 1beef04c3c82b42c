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

// Documents outside of the body (OP_MSG, section kind 1), such as those of an insert.
struct DocumentSequence {
  std::string_view name;
  std::vector<ByteView> documents;
};

// One received command. Its views point into the bytes that it was parsed from. Each document is
// well-formed BSON with UTF-8 text and at most kNestingMax levels; the body has at least one field.
struct WireMessage {
  std::int32_t request_id = 0;
  bool is_legacy_query = false;  // OP_QUERY: used only for a driver's first hello
  bool wants_no_reply = false;
  ByteView body;
  std::vector<DocumentSequence> sequences;
};

// The length of the whole message that begins with these kMessageHeaderBytes, including the header;
// at most kMessageBytesMax.
Result<std::size_t> message_length(ByteView header);

// The command's name, from the first bytes after the header of an OP_MSG that begins with its body.
// Empty if they don't contain it.
std::string_view command_name_in(ByteView beginning);

// Accepts any bytes. `message` is a whole message with its header.
Result<WireMessage> parse_message(ByteView message);

// The message that answers `request` with one document.
ByteBuffer encode_reply(const WireMessage& request, const bson_t& document);

}  // namespace mongo_store::scripted
