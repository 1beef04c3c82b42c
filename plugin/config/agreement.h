// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "config/config.h"
#include "config/source_map.h"

namespace mongo_store::config {

// Whether values that are good by themselves are good together. kRefuse names both.
Status check_agreement(const Config& config, const SourceMap& sources);

}  // namespace mongo_store::config
