// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"
#include "delivery/delivery.h"
#include "message/delivery_context.h"
#include "mongo/connection_options.h"

// What the other modules are given where a Config says it; for the plugin and for the command-line
// tool alike.
namespace mongo_store::wiring {

mongo::ConnectionOptions connection_options(const config::Config& config,
                                            std::uint32_t sessions_max, std::string app_name);
delivery::Delivery::Settings delivery_settings(const config::Config& config);
// Of what arrives from now on.
message::DeliveryContext delivery_context(const config::Config& config);

}  // namespace mongo_store::wiring
