// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/publish.h"

#include "base/text.h"

namespace mongo_store::message {
namespace {

// The layout is documented in docs/journal-format.md, "A publish".
constexpr std::uint8_t kPublishVersion = 1;
constexpr std::uint8_t kRetainBit = 1U << 0;
constexpr unsigned kQosShift = 1;
constexpr std::uint8_t kQosMask = 3;
constexpr std::uint8_t kTopicCutBit = 1U << 3;
constexpr std::uint8_t kClientIdCutBit = 1U << 4;
constexpr std::uint8_t kUsernameCutBit = 1U << 5;
constexpr std::uint8_t kHasUsernameBit = 1U << 6;
constexpr std::uint8_t kMessageIdCutBit = 1U << 7;

constexpr std::size_t kFixedBytes = 1 + 1 + 2 + 4 + 8;
static_assert(kFixedBytes + 4 * sizeof(std::uint16_t) + kTopicBytesMax + kClientIdBytesMax +
                  kUsernameBytesMax + kMessageIdBytesMax <=
              kPublishHeadBytesMax);

// The first bytes_max bytes, or fewer if that would split a UTF-8 sequence. A sequence has at most
// three continuation bytes; text with more isn't UTF-8 and is cut at bytes_max.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  for (std::size_t end = bytes_max; end + 4 > bytes_max; --end) {
    const bool is_continuation = (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U;
    if (!is_continuation) return text.substr(0, end);
  }
  return text.substr(0, bytes_max);
}

std::uint8_t flag(bool is_set, std::uint8_t bit) { return is_set ? bit : std::uint8_t{0}; }

std::uint8_t flags_of(const Publish& publish) {
  const bool is_topic_cut = publish.is_topic_cut || publish.topic.size() > kTopicBytesMax;
  const bool is_client_id_cut =
      publish.is_client_id_cut || publish.client_id.size() > kClientIdBytesMax;
  const bool is_username_cut =
      publish.is_username_cut || publish.username.size() > kUsernameBytesMax;
  const bool is_message_id_cut =
      publish.is_message_id_cut || publish.message_id.size() > kMessageIdBytesMax;
  return static_cast<std::uint8_t>(
      flag(publish.is_retain, kRetainBit) | (publish.qos & kQosMask) << kQosShift |
      flag(is_topic_cut, kTopicCutBit) | flag(is_client_id_cut, kClientIdCutBit) |
      flag(is_username_cut, kUsernameCutBit) | flag(publish.has_username, kHasUsernameBit) |
      flag(is_message_id_cut, kMessageIdCutBit));
}

void set_flags(std::uint8_t flags, Publish* publish) {
  publish->is_retain = (flags & kRetainBit) != 0;
  publish->qos = flags >> kQosShift & kQosMask;
  publish->is_topic_cut = (flags & kTopicCutBit) != 0;
  publish->is_client_id_cut = (flags & kClientIdCutBit) != 0;
  publish->is_username_cut = (flags & kUsernameCutBit) != 0;
  publish->has_username = (flags & kHasUsernameBit) != 0;
  publish->is_message_id_cut = (flags & kMessageIdCutBit) != 0;
}

bool is_within_bounds(const Publish& publish) {
  return publish.qos <= 2 && publish.topic.size() <= kTopicBytesMax &&
         publish.client_id.size() <= kClientIdBytesMax &&
         publish.username.size() <= kUsernameBytesMax &&
         publish.message_id.size() <= kMessageIdBytesMax &&
         publish.payload.size() <= publish.payload_bytes_total;
}

}  // namespace

std::size_t encode_head(const Publish& publish, std::span<std::byte, kPublishHeadBytesMax> to) {
  ByteWriter writer(to);
  writer.put(kPublishVersion);
  writer.put(flags_of(publish));
  writer.put(publish.route);
  writer.put(publish.payload_bytes_total);
  writer.put(static_cast<std::uint64_t>(publish.arrival_ms));
  writer.put_text16(cut(publish.topic, kTopicBytesMax));
  writer.put_text16(cut(publish.client_id, kClientIdBytesMax));
  writer.put_text16(cut(publish.username, kUsernameBytesMax));
  writer.put_text16(cut(publish.message_id, kMessageIdBytesMax));
  return writer.used();
}

Result<Publish> decode_publish(const ObjectId& id, ByteView body) {
  ByteReader reader(body);
  const auto version = reader.get<std::uint8_t>();
  if (!body.empty() && version != kPublishVersion) {
    return Status::corrupt(text("the record has version ", int{version},
                                ": this program reads version ", int{kPublishVersion},
                                "; its bytes are kept unchanged"));
  }
  Publish publish;
  publish.id = id;
  set_flags(reader.get<std::uint8_t>(), &publish);
  publish.route = reader.get<std::uint16_t>();
  publish.payload_bytes_total = reader.get<std::uint32_t>();
  publish.arrival_ms = static_cast<std::int64_t>(reader.get<std::uint64_t>());
  publish.topic = reader.get_text16();
  publish.client_id = reader.get_text16();
  publish.username = reader.get_text16();
  publish.message_id = reader.get_text16();
  publish.payload = reader.rest();
  if (reader.is_overrun()) {
    return Status::corrupt(
        text("the record of ", body.size(), " bytes is truncated; its bytes are kept unchanged"));
  }
  if (!is_within_bounds(publish)) {
    return Status::corrupt(
        "the record has a field that is out of range; its bytes are kept unchanged");
  }
  return publish;
}

}  // namespace mongo_store::message
