// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "config/config.h"
#include "config/environment.h"

namespace mongo_store::config {

// A log line for the start: options that differ from their defaults, as key=value, secrets as
// `***`; "all defaults" if none differs. Values are escaped and cut at 128 bytes.
std::string summary(const Config& config);

// The keys of the options set in the environment, separated by blanks.
std::string environment_summary(const Environment& environment);

}  // namespace mongo_store::config
