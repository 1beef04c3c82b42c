// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/mosquitto_api.h"

#include <dlfcn.h>

namespace mongo_store::broker {

bool is_broker_2_1() { return dlsym(RTLD_DEFAULT, "mosquitto_plugin_set_info") != nullptr; }

}  // namespace mongo_store::broker
