// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "device-sim/options.h"

namespace mongo_store::device_sim {

// Once all flags are read: reads the credentials, fills in what wasn't given, and checks what flags
// say together. The error is one line, empty for none.
std::string complete(Options& options);

}  // namespace mongo_store::device_sim
