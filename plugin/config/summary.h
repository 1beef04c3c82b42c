// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "config/config.h"
#include "config/environment.h"

namespace mongo_store::config {

// One line for the log at start: what differs from the defaults, as key=value, a secret as `***`;
// "all defaults" where nothing does. Values are escaped, and cut at 128 bytes.
std::string summary(const Config& config);

// The keys of the options that the environment gives, separated by blanks; empty where it gives
// none.
std::string environment_summary(const Environment& environment);

}  // namespace mongo_store::config
