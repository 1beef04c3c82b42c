// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"
#include "delivery/delivery.h"
#include "message/delivery_context.h"
#include "mongo/connection_options.h"

// Translates a Config into the settings of the other modules, for both the plugin and the
// command-line tool.
namespace mongo_store::wiring {

mongo::ConnectionOptions connection_options(const config::Config& config,
                                            std::uint32_t sessions_max, std::string app_name);
delivery::Delivery::Settings delivery_settings(const config::Config& config);
// The context of messages that arrive from now on.
message::DeliveryContext delivery_context(const config::Config& config);

}  // namespace mongo_store::wiring
