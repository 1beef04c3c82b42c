// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/fake_mosquitto.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <string_view>

namespace mongo_store::test {

FakeMosquitto& fake_mosquitto() {
  static FakeMosquitto fake;
  return fake;
}

std::size_t FakeMosquitto::count_log(std::string_view part) const {
  return static_cast<std::size_t>(std::count_if(log.begin(), log.end(), [&](const LogLine& line) {
    return line.text.find(part) != std::string::npos;
  }));
}

}  // namespace mongo_store::test

using mongo_store::test::fake_mosquitto;

extern "C" {

void mosquitto_log_printf(int level, const char* format, ...) {
  std::array<char, 1000> line{};  // as long as the broker's
  va_list arguments;
  va_start(arguments, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the analyzer misses va_start here
  std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  fake_mosquitto().log.push_back({level, line.data()});
}

const char* mosquitto_client_id(const struct mosquitto* client) { return client->id; }
const char* mosquitto_client_username(const struct mosquitto* client) { return client->username; }
const char* mosquitto_client_address(const struct mosquitto* client) { return client->address; }
int mosquitto_client_protocol_version(const struct mosquitto* client) {
  return client->protocol_version;
}

int mosquitto_broker_publish_copy(const char* client_id, const char* topic, int payload_bytes,
                                  const void* payload, int qos, bool retain, mosquitto_property*) {
  fake_mosquitto().published.push_back(
      {topic,
       std::string(static_cast<const char*>(payload), static_cast<std::size_t>(payload_bytes)), qos,
       retain, client_id == nullptr});
  return MOSQ_ERR_SUCCESS;
}

int mosquitto_callback_register(mosquitto_plugin_id_t*, int event,
                                MOSQ_FUNC_generic_callback function, const void*, void* user_data) {
  if (event == fake_mosquitto().refused_event) return MOSQ_ERR_NOT_SUPPORTED;
  fake_mosquitto().callbacks.push_back({event, function, user_data});
  return MOSQ_ERR_SUCCESS;
}

int mosquitto_callback_unregister(mosquitto_plugin_id_t*, int event,
                                  MOSQ_FUNC_generic_callback function, const void*) {
  auto& callbacks = fake_mosquitto().callbacks;
  const auto is_it = [&](const auto& callback) {
    return callback.event == event && callback.function == function;
  };
  return std::erase_if(callbacks, is_it) > 0 ? int{MOSQ_ERR_SUCCESS} : int{MOSQ_ERR_NOT_FOUND};
}

}  // extern "C"
