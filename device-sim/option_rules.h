// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "device-sim/options.h"

namespace mongo_store::device_sim {

// Call it once all flags are read: it reads the credentials, fills in missing options and checks
// combinations. Returns an error of one line, or an empty string.
std::string complete(Options& options);

}  // namespace mongo_store::device_sim
