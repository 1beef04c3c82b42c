// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

// Mosquitto's plugin interface, from the headers of 2.0 or 2.1. One binary loads into both, so only
// functions that 2.0.11 exports are called. Functions that only 2.1 has are looked up at run time.
#if __has_include(<mosquitto/broker_plugin.h>)
#include <mosquitto.h>
#else
#include <mosquitto.h>
// In this order: 2.0.11's mosquitto_plugin.h needs mosquitto_broker.h before it.
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <mqtt_protocol.h>
#endif

namespace mongo_store::broker {

// MOSQ_ERR_QUOTA_EXCEEDED, which 2.0's header lacks: mosquitto/defs.h of 2.1.
inline constexpr int kQuotaExceeded = -6;

// Whether the broker that loaded the plugin is 2.1 or later. Its symbols tell; the version of the
// plugin interface is 5 in both.
bool is_broker_2_1();

}  // namespace mongo_store::broker
