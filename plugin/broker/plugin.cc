// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// The three functions through which Mosquitto loads the plugin, and nothing else. No exception
// leaves them or a callback.

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "broker/callback_table.h"
#include "broker/log_ring.h"
#include "broker/mosquitto_api.h"
#include "broker/plugin_runtime.h"

#define MONGO_STORE_EXPORT extern "C" __attribute__((visibility("default")))

namespace mongo_store::broker {
namespace {

constexpr int kPluginInterface = 5;  // in Mosquitto 2.0 and 2.1

// One journal, one broker: a second plugin line in the same process is refused.
bool is_loaded = false;

// The user data that mosquitto_plugin_init() gives to the broker.
struct Instance {
  mosquitto_plugin_id_t* id = nullptr;
  std::unique_ptr<PluginRuntime> runtime;
};

std::vector<config::Setting> settings_of(const mosquitto_opt* options, int count) {
  std::vector<config::Setting> settings;
  settings.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) settings.push_back({options[i].key, options[i].value});
  return settings;
}

int refuse_start(std::string_view why) {
  write_log(LogLevel::kError, text("not started: ", why));
  return MOSQ_ERR_UNKNOWN;
}

int start(mosquitto_plugin_id_t* id, void** user_data, const mosquitto_opt* options, int count) {
  if (is_loaded) {
    return refuse_start(
        "the plugin is loaded twice in this broker; one plugin line is accepted "
        "(with per_listener_settings false it serves every listener)");
  }
  Result<std::unique_ptr<PluginRuntime>> runtime =
      PluginRuntime::start(settings_of(options, count));
  if (!runtime.is_ok()) return refuse_start(runtime.message());
  auto instance = std::make_unique<Instance>();
  instance->id = id;
  instance->runtime = std::move(runtime).value();
  const int registered = register_callbacks(id, instance->runtime.get());
  if (registered != MOSQ_ERR_SUCCESS) {
    return refuse_start(text("the broker refuses the plugin's callbacks (error ", registered, ')'));
  }
  is_loaded = true;
  *user_data = instance.release();
  return MOSQ_ERR_SUCCESS;
}

void stop(void* user_data) {
  // 2.1 also calls this after a failed start.
  if (user_data == nullptr) return;
  const std::unique_ptr<Instance> instance(static_cast<Instance*>(user_data));
  unregister_callbacks(instance->id);
  instance->runtime->stop();
  is_loaded = false;
}

// Called within a catch. There may be no memory for a line of our own; Mosquitto formats its line
// on the stack.
void log_exception(const char* what_failed) noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "mongo_store: %s: %s", what_failed, error.what());
  } catch (...) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "mongo_store: %s: an unknown exception", what_failed);
  }
}

}  // namespace
}  // namespace mongo_store::broker

// None of them is noexcept, because their declarations in Mosquitto's header aren't.

MONGO_STORE_EXPORT int mosquitto_plugin_version(int supported_count, const int* supported) {
  for (int i = 0; i < supported_count; ++i) {
    if (supported[i] == mongo_store::broker::kPluginInterface) return supported[i];
  }
  return -1;
}

MONGO_STORE_EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t* id, void** user_data,
                                             mosquitto_opt* options, int option_count) {
  try {
    return mongo_store::broker::start(id, user_data, options, option_count);
  } catch (...) {
    mongo_store::broker::log_exception("not started");
    return MOSQ_ERR_UNKNOWN;
  }
}

MONGO_STORE_EXPORT int mosquitto_plugin_cleanup(void* user_data, mosquitto_opt*, int) {
  try {
    mongo_store::broker::stop(user_data);
  } catch (...) {
    mongo_store::broker::log_exception("the stop ended early");
  }
  return MOSQ_ERR_SUCCESS;
}
