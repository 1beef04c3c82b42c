// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// The three functions by which Mosquitto knows the plugin, and nothing else. No exception leaves
// them, nor a callback.

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

// What mosquitto_plugin_init() gives to the broker as user data.
struct Loaded {
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
  auto loaded = std::make_unique<Loaded>();
  loaded->id = id;
  loaded->runtime = std::move(runtime).value();
  const int registered = register_callbacks(id, loaded->runtime.get());
  if (registered != MOSQ_ERR_SUCCESS) {
    return refuse_start(text("the broker didn't take its callbacks (error ", registered, ')'));
  }
  is_loaded = true;
  *user_data = loaded.release();
  return MOSQ_ERR_SUCCESS;
}

void stop(void* user_data) {
  // 2.1 also calls this after a start that failed.
  if (user_data == nullptr) return;
  const std::unique_ptr<Loaded> loaded(static_cast<Loaded*>(user_data));
  unregister_callbacks(loaded->id);
  loaded->runtime->stop();
  is_loaded = false;
}

}  // namespace
}  // namespace mongo_store::broker

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
  } catch (const std::exception& error) {
    return mongo_store::broker::refuse_start(error.what());
  }
}

MONGO_STORE_EXPORT int mosquitto_plugin_cleanup(void* user_data, mosquitto_opt*, int) {
  try {
    mongo_store::broker::stop(user_data);
  } catch (const std::exception& error) {
    mongo_store::broker::write_log(mongo_store::LogLevel::kError, error.what());
  }
  return MOSQ_ERR_SUCCESS;
}
