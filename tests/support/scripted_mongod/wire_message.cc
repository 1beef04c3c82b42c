// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/wire_message.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::uint32_t kOpReply = 1;
constexpr std::uint32_t kOpQuery = 2004;
constexpr std::uint32_t kOpMsg = 2013;

constexpr std::uint32_t kChecksumPresent = 1U << 0;
constexpr std::uint32_t kMoreToCome = 1U << 1;
// A receiver must refuse unknown bits in the lower half, and ignore them in the upper half.
constexpr std::uint32_t kRequiredBits = 0xffff;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kDocumentBytesMin = 5;

bool is_document(ByteView bytes, int depth_left);

bool is_text(std::string_view text) {
  constexpr bool kMayHoldNul = true;
  return bson_utf8_validate(text.data(), text.size(), kMayHoldNul);
}

bool is_well_formed(const bson_iter_t& value, int depth_left) {
  std::uint32_t length = 0;
  switch (bson_iter_type(&value)) {
    case BSON_TYPE_UTF8: {
      const char* characters = bson_iter_utf8(&value, &length);
      return is_text({characters, length});
    }
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: return is_document(embedded_bytes(value), depth_left);
    case BSON_TYPE_CODEWSCOPE: {
      const std::uint8_t* scope = nullptr;
      bson_iter_codewscope(&value, nullptr, &length, &scope);
      return is_document({reinterpret_cast<const std::byte*>(scope), length}, depth_left);
    }
    default: return true;
  }
}

// depth_left bounds the recursion, so that no message can exhaust the stack, either here or in
// libbson.
bool is_document(ByteView bytes, int depth_left) {
  bson_iter_t element;
  if (depth_left == 0 ||
      !bson_iter_init_from_data(&element, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                bytes.size())) {
    return false;
  }
  while (bson_iter_next(&element)) {
    if (!is_text(bson_iter_key(&element)) || !is_well_formed(element, depth_left - 1)) return false;
  }
  return element.err_off == 0;
}

std::optional<ByteView> take_document(ByteReader& reader) {
  if (reader.rest().size() < kDocumentBytesMin) return std::nullopt;
  const auto length = load_le<std::uint32_t>(reader.rest().data());
  if (length < kDocumentBytesMin || length > reader.rest().size()) return std::nullopt;
  const ByteView document = reader.get_bytes(length);
  if (!is_document(document, kNestingMax)) return std::nullopt;
  return document;
}

std::optional<std::string_view> take_text(ByteReader& reader) {
  const std::string_view rest = as_text(reader.rest());
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  reader.get_bytes(end + 1);
  return rest.substr(0, end);
}

bool parse_sequence(ByteReader& reader, WireMessage& into) {
  const auto length = reader.get<std::uint32_t>();
  if (reader.is_overrun() || length < sizeof length) return false;
  ByteReader section(reader.get_bytes(length - sizeof length));
  if (reader.is_overrun()) return false;
  const auto name = take_text(section);
  if (!name) return false;
  DocumentSequence sequence{*name, {}};
  while (!section.rest().empty()) {
    const auto document = take_document(section);
    if (!document) return false;
    sequence.documents.push_back(*document);
  }
  into.sequences.push_back(std::move(sequence));
  return true;
}

bool parse_section(ByteReader& reader, WireMessage& into) {
  const auto kind = reader.get<std::uint8_t>();
  if (kind == 1) return parse_sequence(reader, into);
  if (kind != 0 || !into.body.empty()) return false;
  const auto body = take_document(reader);
  if (!body) return false;
  into.body = *body;
  return true;
}

Status parse_op_msg(ByteView payload, WireMessage& into) {
  ByteReader flags_reader(payload);
  const auto flags = flags_reader.get<std::uint32_t>();
  if (flags_reader.is_overrun()) return Status::reject("OP_MSG without flags");
  if ((flags & kRequiredBits & ~(kChecksumPresent | kMoreToCome)) != 0) {
    return Status::reject(text("OP_MSG with unknown flags ", flags));
  }
  ByteView sections = flags_reader.rest();
  if ((flags & kChecksumPresent) != 0) {
    if (sections.size() < kChecksumBytes) return Status::reject("OP_MSG too short for a checksum");
    sections = sections.first(sections.size() - kChecksumBytes);
  }
  into.wants_no_reply = (flags & kMoreToCome) != 0;
  ByteReader reader(sections);
  while (!reader.rest().empty()) {
    if (!parse_section(reader, into)) return Status::reject("OP_MSG with a malformed section");
  }
  return Status();
}

// Drivers may wrap a command as {$query: {...}, $readPreference: ...}.
ByteView unwrapped(ByteView query) {
  const BsonView view(query);
  const ByteView inner = embedded_field(view.bson(), "$query");
  return inner.empty() ? query : inner;
}

Status parse_op_query(ByteView payload, WireMessage& into) {
  into.is_legacy_query = true;
  ByteReader reader(payload);
  reader.get<std::uint32_t>();
  const auto collection = take_text(reader);
  if (!collection || !collection->ends_with(".$cmd")) {
    return Status::reject("OP_QUERY on something other than a command collection");
  }
  reader.get_bytes(2 * sizeof(std::uint32_t));
  const auto query = take_document(reader);
  if (!query) return Status::reject("OP_QUERY with a malformed document");
  into.body = unwrapped(*query);
  return Status();
}

void put_header(ByteWriter& writer, std::size_t length, std::int32_t response_to,
                std::uint32_t op_code) {
  writer.put(static_cast<std::uint32_t>(length));
  writer.put(std::uint32_t{0});
  writer.put(static_cast<std::uint32_t>(response_to));
  writer.put(op_code);
}

}  // namespace

std::string_view command_name_in(ByteView beginning) {
  constexpr std::size_t kNameAt = 4 + 1 + 4 + 1;  // flags, section kind, length, type
  if (beginning.size() <= kNameAt || beginning[4] != std::byte{0}) return {};
  const std::string_view rest = as_text(beginning.subspan(kNameAt));
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

Result<std::size_t> message_length(ByteView header) {
  if (header.size() < kMessageHeaderBytes) return Status::reject("message shorter than its header");
  const std::size_t length = load_le<std::uint32_t>(header.data());
  if (length < kMessageHeaderBytes || length > kMessageBytesMax) {
    return Status::reject(text("message length ", length, " is out of bounds"));
  }
  return length;
}

Result<WireMessage> parse_message(ByteView message) {
  const Result<std::size_t> length = message_length(message);
  if (!length.is_ok()) return length.status();
  if (length.value() != message.size()) return Status::reject("message of another length");
  ByteReader reader(message);
  reader.get<std::uint32_t>();
  WireMessage parsed;
  parsed.request_id = static_cast<std::int32_t>(reader.get<std::uint32_t>());
  reader.get<std::uint32_t>();
  const auto op_code = reader.get<std::uint32_t>();
  Status status = Status::reject(text("unknown operation ", op_code));
  if (op_code == kOpMsg) status = parse_op_msg(reader.rest(), parsed);
  if (op_code == kOpQuery) status = parse_op_query(reader.rest(), parsed);
  if (!status.is_ok()) return status;
  if (parsed.body.size() <= kDocumentBytesMin) return Status::reject("message without a command");
  return parsed;
}

ByteBuffer encode_reply(const WireMessage& request, const bson_t& document) {
  constexpr std::size_t kReplyFields = 4 + 8 + 4 + 4;
  constexpr std::size_t kMsgFields = 4 + 1;
  const std::size_t fields = request.is_legacy_query ? kReplyFields : kMsgFields;
  ByteBuffer message(kMessageHeaderBytes + fields + document.len);
  ByteWriter writer(message);
  put_header(writer, message.size(), request.request_id,
             request.is_legacy_query ? kOpReply : kOpMsg);
  writer.put(std::uint32_t{0});
  if (request.is_legacy_query) {
    writer.put(std::uint64_t{0});  // no cursor
    writer.put(std::uint32_t{0});  // starting from
    writer.put(std::uint32_t{1});  // one document
  } else {
    writer.put(std::uint8_t{0});
  }
  writer.put_bytes(bytes_of(document));
  return message;
}

}  // namespace mongo_store::scripted
