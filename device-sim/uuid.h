// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "device-sim/backoff.h"

namespace mongo_store::device_sim {

// A random UUID (version 4) in its 36 characters.
std::string make_uuid(Random& random);

}  // namespace mongo_store::device_sim
