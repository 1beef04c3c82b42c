// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mongo_store::cli {

// UTC: 2026-11-24T21:08:26.123Z.
std::string time_text(std::int64_t wall_ms);

}  // namespace mongo_store::cli
