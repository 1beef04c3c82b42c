// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "broker/mosquitto_api.h"
#include "broker/plugin_runtime.h"

namespace mongo_store::broker {

// Registers every callback of the table in callback_table.cc, for a runtime that outlives the
// registration. If the broker refuses one, the others are unregistered and its error is returned.
int register_callbacks(mosquitto_plugin_id_t* id, PluginRuntime* runtime);
void unregister_callbacks(mosquitto_plugin_id_t* id);

}  // namespace mongo_store::broker
