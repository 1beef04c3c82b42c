// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/callback_table.h"

namespace mongo_store::broker {
namespace {

// An unexpected failure must neither end the broker nor acknowledge the message.
int on_message(int, void* event, void* user_data) noexcept {
  try {
    return static_cast<PluginRuntime*>(user_data)->on_message(
        *static_cast<const mosquitto_evt_message*>(event));
  } catch (...) {
    return MOSQ_ERR_UNKNOWN;
  }
}

int on_tick(int, void*, void* user_data) noexcept {
  try {
    static_cast<PluginRuntime*>(user_data)->on_tick();
  } catch (...) {
    return MOSQ_ERR_SUCCESS;
  }
  return MOSQ_ERR_SUCCESS;
}

// Mosquitto doesn't pass the options again on a reload. Any result but success harms the broker:
// 2.0 forgets its passwords and ACLs, 2.1 ends.
int on_reload(int, void*, void*) noexcept { return MOSQ_ERR_SUCCESS; }

struct Callback {
  int event;
  MOSQ_FUNC_generic_callback function;
};

constexpr Callback kCallbacks[] = {
    {MOSQ_EVT_MESSAGE, on_message},
    {MOSQ_EVT_TICK, on_tick},
    {MOSQ_EVT_RELOAD, on_reload},
};

}  // namespace

int register_callbacks(mosquitto_plugin_id_t* id, PluginRuntime* runtime) {
  for (const Callback& callback : kCallbacks) {
    const int result =
        mosquitto_callback_register(id, callback.event, callback.function, nullptr, runtime);
    if (result == MOSQ_ERR_SUCCESS) continue;
    unregister_callbacks(id);
    return result;
  }
  return MOSQ_ERR_SUCCESS;
}

void unregister_callbacks(mosquitto_plugin_id_t* id) {
  for (const Callback& callback : kCallbacks) {
    mosquitto_callback_unregister(id, callback.event, callback.function, nullptr);
  }
}

}  // namespace mongo_store::broker
