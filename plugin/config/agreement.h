// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "config/config.h"
#include "config/source_map.h"

namespace mongo_store::config {

// Checks constraints between options. kRefuse names both options.
Status check_agreement(const Config& config, const SourceMap& sources);

}  // namespace mongo_store::config
