// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

namespace mongo_store::config {

// broker-config/mosquitto.conf, generated from the option table: a development broker with each
// plugin option as a comment with its default.
std::string sample_configuration();

}  // namespace mongo_store::config
