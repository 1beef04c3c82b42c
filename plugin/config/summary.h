// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "config/config.h"

namespace mongo_store::config {

// One line for the log at start: what differs from the defaults, as key=value, a secret as `***`;
// "all defaults" where nothing does. Values are escaped, and cut at 128 bytes.
std::string summary(const Config& config);

}  // namespace mongo_store::config
