// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

namespace mongo_store::config {

// docs/configuration.md, of the option table.
std::string markdown();

}  // namespace mongo_store::config
