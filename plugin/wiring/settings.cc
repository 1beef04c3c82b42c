// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "wiring/settings.h"

#include <utility>

#include "config/message_id.h"

namespace mongo_store::wiring {
namespace {

constexpr std::int64_t kUsersAwaitedMs = 60'000;

}  // namespace

mongo::ConnectionOptions connection_options(const config::Config& config,
                                            std::uint32_t sessions_max, std::string app_name) {
  mongo::ConnectionOptions options;
  options.uri = config.mongo_uri;
  options.user = config.mongo_user;
  options.password = config.mongo_password;
  options.password_file = config.mongo_password_file;
  options.auth_source = config.mongo_auth_source;
  options.database = config.database;
  options.tls_ca_file = config.mongo_tls_ca_file;
  options.tls_certificate_key_file = config.mongo_tls_certificate_key_file;
  options.write_concern = static_cast<std::int32_t>(config.write_concern_nodes);
  options.users_awaited_ms = kUsersAwaitedMs;
  options.sessions_max = sessions_max;
  options.app_name = std::move(app_name);
  return options;
}

delivery::Delivery::Settings delivery_settings(const config::Config& config) {
  delivery::Delivery::Settings settings;
  settings.threads = config.delivery_threads;
  settings.documents_max = config.batch_max_documents;
  settings.bytes_max = config.batch_max_bytes;
  settings.linger_ms = config.batch_linger_ms;
  settings.retry_min_ms = config.retry_min_ms;
  settings.retry_max_ms = config.retry_max_ms;
  settings.probed = {{config.database, config.collection},
                     {config.database, config.dead_letter_collection}};
  return settings;
}

message::DeliveryContext delivery_context(const config::Config& config) {
  message::Route route;
  route.database = config.database;
  route.collection = config.collection;
  route.dead_letter_collection = config.dead_letter_collection;
  route.device_uid = config.device_uid;
  route.device_uid_level = static_cast<std::uint8_t>(config.device_uid_level);
  route.number_type = config.number_type;
  route.is_lenient = config.is_lenient;
  route.has_metadata = config.has_metadata;
  route.payload_bytes_max = static_cast<std::uint32_t>(config.payload_max_bytes);
  const config::MessageId message_id = config::parse_message_id(config.message_id);
  route.message_id_source = message_id.source;
  route.message_id_name = message_id.name;
  return {config.gateway_id, {route}};
}

}  // namespace mongo_store::wiring
