// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/document_builder.h"

#include <cstdint>
#include <string_view>

#include "base/document_settings.h"
#include "base/text.h"
#include "message/bson_text.h"
#include "message/bson_value.h"
#include "message/json_tree.h"
#include "message/message_id.h"

namespace mongo_store::message {
namespace {

Rejection check_record(const Publish& publish, const DeliveryContext& context) {
  if (publish.route >= context.routes.size()) {
    return {RejectionCode::kRecordUnreadable,
            text("record refers to route ", publish.route, ", but its segment has only ",
                 context.routes.size())};
  }
  const std::uint32_t payload_bytes_max = context.routes[publish.route].payload_bytes_max;
  if (publish.payload_bytes_total > payload_bytes_max) {
    return {RejectionCode::kPayloadTooLarge,
            text("payload has ", publish.payload_bytes_total, " bytes: the maximum is ",
                 payload_bytes_max, " (payload_max_bytes); the first ", publish.payload.size(),
                 " are kept")};
  }
  if (publish.is_topic_cut) {
    return {RejectionCode::kTopicTooLong,
            text("topic is longer than the maximum of ", kTopicBytesMax, " bytes")};
  }
  if (publish.is_client_id_cut) {
    return {RejectionCode::kClientIdTooLong,
            text("client id is longer than the maximum of ", kClientIdBytesMax, " bytes")};
  }
  if (publish.is_username_cut) {
    return {RejectionCode::kUsernameTooLong,
            text("user name is longer than the maximum of ", kUsernameBytesMax, " bytes")};
  }
  return {};
}

// The second level of `a/b/c` is `b`. Empty if the topic has fewer levels.
std::string_view level_of(std::string_view topic, unsigned level) {
  for (; level > 1; --level) {
    const std::size_t slash = topic.find('/');
    if (slash == std::string_view::npos) return {};
    topic.remove_prefix(slash + 1);
  }
  return topic.substr(0, topic.find('/'));
}

Rejection check_uuid(const cJSON* uuid, std::string_view topic, const Route& route) {
  if (uuid == nullptr) {
    return {RejectionCode::kUuidMissing,
            "payload has no field uuid: expected an object with uuid and value"};
  }
  if (!cJSON_IsString(uuid)) {
    return {RejectionCode::kUuidNotAString,
            "field uuid isn't a string: expected the device's name"};
  }
  const std::string_view name = uuid->valuestring;
  if (name.empty() && !route.accepts_empty_uuid) {
    return {RejectionCode::kUuidEmpty, "field uuid is an empty string: expected the device's name"};
  }
  if (route.is_lenient && !is_utf8(name)) return bad_text("field uuid");
  if (route.device_uid == DeviceUid::kMatch && name != level_of(topic, route.device_uid_level)) {
    return {RejectionCode::kUuidNotTopic,
            text("uuid \"", escaped(name, 64), "\" isn't level ", route.device_uid_level,
                 " of topic \"", escaped(topic),
                 "\", as device_uid match requires; if the listener has a mount_point, its levels "
                 "count too (device_uid_level)")};
  }
  return {};
}

Rejection append_metadata(const Publish& publish, bson_t* document) {
  if (!append_text(document, "topic", publish.topic)) return bad_text("topic");
  if (!append_text(document, "clientID", publish.client_id)) return bad_text("client id");
  if (!publish.has_username) {
    BSON_APPEND_NULL(document, "username");
  } else if (!append_text(document, "username", publish.username)) {
    return bad_text("user name");
  }
  BSON_APPEND_INT32(document, "qos", publish.qos);
  BSON_APPEND_BOOL(document, "retain", publish.is_retain);
  return {};
}

Rejection append_fields(const Publish& publish, const DeliveryContext& context,
                        const JsonTree& tree, bson_t* document) {
  const Route& route = context.routes[publish.route];
  const cJSON* uuid = find_field(*tree.root, "uuid");
  Rejection rejection = check_uuid(uuid, publish.topic, route);
  if (!rejection.is_none()) return rejection;
  const cJSON* value = find_field(*tree.root, "value");
  if (value == nullptr) {
    return {RejectionCode::kValueMissing,
            "payload has no field value: expected an object with uuid and value"};
  }
  std::string_view message_id;
  rejection = find_message_id(publish, route, tree, &message_id);
  if (!rejection.is_none()) return rejection;
  append_id_and_date(
      document,
      message_id.empty() ? publish.id : message_document_id(publish, uuid->valuestring, message_id),
      publish.arrival_ms);
  BSON_APPEND_UTF8(document, "deviceUID", uuid->valuestring);
  BsonValueWriter writer(as_text(publish.payload), tree, route.number_type, route.is_lenient);
  rejection = writer.append("value", *value, document);
  if (!rejection.is_none()) return rejection;
  if (!append_text(document, "gatewayID", context.gateway_id)) return bad_text("gateway id");
  return route.has_metadata ? append_metadata(publish, document) : Rejection{};
}

}  // namespace

Rejection build_document(const Publish& publish, const DeliveryContext& context, bson_t* document) {
  Rejection rejection = check_record(publish, context);
  if (!rejection.is_none()) return rejection;
  JsonTree tree;
  rejection =
      parse_payload(as_text(publish.payload), context.routes[publish.route].is_lenient, &tree);
  if (!rejection.is_none()) return rejection;
  if (!cJSON_IsObject(tree.root.get())) {
    return {RejectionCode::kNotAnObject,
            "payload isn't a JSON object: expected an object with uuid and value"};
  }
  rejection = append_fields(publish, context, tree, document);
  if (rejection.is_none() && document->len > kDocumentBytesMax) {
    return {RejectionCode::kDocumentTooLarge,
            text("document has ", document->len, " bytes: the maximum is ", kDocumentBytesMax)};
  }
  return rejection;
}

}  // namespace mongo_store::message
