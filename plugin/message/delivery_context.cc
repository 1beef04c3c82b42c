// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/delivery_context.h"

#include <cassert>
#include <limits>

#include "base/text.h"

namespace mongo_store::message {
namespace {

// The layout is documented in docs/journal-format.md, "The delivery context".
constexpr std::uint16_t kContextVersion = 3;
constexpr std::uint16_t kMessageIdVersion = 2;  // the first with message ids
constexpr std::uint16_t kLenientVersion = 3;    // the first with `lenient` and the topic level
constexpr std::uint8_t kLenientBit = 1U << 0;
constexpr std::uint8_t kEmptyUuidBit = 1U << 1;
constexpr std::size_t kLengthBytes = sizeof(std::uint16_t);

bool is_bounded(const Route& route) {
  return route.database.size() <= kContextTextBytesMax &&
         route.collection.size() <= kContextTextBytesMax &&
         route.dead_letter_collection.size() <= kContextTextBytesMax &&
         route.message_id_name.size() <= kContextTextBytesMax;
}

std::size_t route_bytes(const Route& route) {
  const std::size_t texts = route.database.size() + route.collection.size() +
                            route.dead_letter_collection.size() + route.message_id_name.size();
  return 4 * kLengthBytes + texts + 6 * sizeof(std::uint8_t) + sizeof(std::uint32_t);
}

std::size_t context_bytes(const DeliveryContext& context) {
  std::size_t bytes = sizeof(kContextVersion) + 2 * kLengthBytes + context.gateway_id.size();
  for (const Route& route : context.routes) bytes += kLengthBytes + route_bytes(route);
  return bytes;
}

std::uint8_t payload_flags(const Route& route) {
  return static_cast<std::uint8_t>((route.is_lenient ? kLenientBit : 0U) |
                                   (route.accepts_empty_uuid ? kEmptyUuidBit : 0U));
}

void put_route(const Route& route, ByteWriter* writer) {
  writer->put(static_cast<std::uint16_t>(route_bytes(route)));
  writer->put_text16(route.database);
  writer->put_text16(route.collection);
  writer->put_text16(route.dead_letter_collection);
  writer->put(static_cast<std::uint8_t>(route.device_uid));
  writer->put(static_cast<std::uint8_t>(route.number_type));
  writer->put(static_cast<std::uint8_t>(route.has_metadata));
  writer->put(route.payload_bytes_max);
  writer->put(static_cast<std::uint8_t>(route.message_id_source));
  writer->put_text16(route.message_id_name);
  writer->put(payload_flags(route));
  writer->put(route.device_uid_level);
}

// A newer program may have added fields after the last one below; they are ignored.
Result<Route> get_route(ByteView bytes, std::uint16_t version) {
  ByteReader reader(bytes);
  Route route;
  route.database = reader.get_text16();
  route.collection = reader.get_text16();
  route.dead_letter_collection = reader.get_text16();
  const auto device_uid = reader.get<std::uint8_t>();
  const auto number_type = reader.get<std::uint8_t>();
  const auto metadata = reader.get<std::uint8_t>();
  route.payload_bytes_max = reader.get<std::uint32_t>();
  std::uint8_t message_id_source = 0;
  if (version >= kMessageIdVersion) {
    message_id_source = reader.get<std::uint8_t>();
    route.message_id_name = reader.get_text16();
  }
  std::uint8_t flags = kEmptyUuidBit;
  if (version >= kLenientVersion) {
    flags = reader.get<std::uint8_t>();
    route.device_uid_level = reader.get<std::uint8_t>();
  }
  if (reader.is_overrun()) return Status::corrupt("it is truncated");
  if (!is_bounded(route)) return Status::corrupt("a name is too long");
  if (device_uid > static_cast<std::uint8_t>(DeviceUid::kMatch) ||
      number_type > static_cast<std::uint8_t>(NumberType::kDouble) || metadata > 1 ||
      flags > (kLenientBit | kEmptyUuidBit) || route.device_uid_level == 0 ||
      message_id_source > static_cast<std::uint8_t>(MessageIdSource::kProperty)) {
    return Status::corrupt("a setting has an unknown value");
  }
  route.device_uid = static_cast<DeviceUid>(device_uid);
  route.number_type = static_cast<NumberType>(number_type);
  route.has_metadata = metadata == 1;
  route.message_id_source = static_cast<MessageIdSource>(message_id_source);
  route.is_lenient = (flags & kLenientBit) != 0;
  route.accepts_empty_uuid = (flags & kEmptyUuidBit) != 0;
  return route;
}

Status truncated(ByteView bytes) {
  return Status::corrupt(text("a delivery context of ", bytes.size(), " bytes is truncated"));
}

}  // namespace

ByteBuffer encode_context(const DeliveryContext& context) {
  assert(context.gateway_id.size() <= kContextTextBytesMax);
  assert(context.routes.size() <= std::numeric_limits<std::uint16_t>::max());
  ByteBuffer bytes(context_bytes(context));
  ByteWriter writer(bytes);
  writer.put(kContextVersion);
  writer.put_text16(context.gateway_id);
  writer.put(static_cast<std::uint16_t>(context.routes.size()));
  for (const Route& route : context.routes) {
    assert(is_bounded(route));
    put_route(route, &writer);
  }
  return bytes;
}

Result<DeliveryContext> decode_context(ByteView bytes) {
  ByteReader reader(bytes);
  const auto version = reader.get<std::uint16_t>();
  if (reader.is_overrun()) return truncated(bytes);
  if (version > kContextVersion) {
    return Status::refuse(text("a delivery context has version ", version,
                               ", written by a newer program: this one reads versions up to ",
                               kContextVersion));
  }
  if (version == 0) return Status::corrupt("a delivery context has version 0, which doesn't exist");
  DeliveryContext context;
  context.gateway_id = reader.get_text16();
  const auto count = reader.get<std::uint16_t>();
  for (unsigned i = 0; i < count; ++i) {
    const auto length = reader.get<std::uint16_t>();
    const ByteView route_view = reader.get_bytes(length);
    if (reader.is_overrun()) break;
    Result<Route> route = get_route(route_view, version);
    if (!route.is_ok()) {
      return Status::corrupt(text("route ", i, " of a delivery context: ", route.message()));
    }
    context.routes.push_back(std::move(route).value());
  }
  if (reader.is_overrun()) return truncated(bytes);
  if (context.gateway_id.size() > kContextTextBytesMax) {
    return Status::corrupt("the gateway id of a delivery context is too long");
  }
  return context;
}

}  // namespace mongo_store::message
