// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/time_text.h"

#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace mongo_store::cli {

// Every 64-bit number of milliseconds is within the years that std::tm can hold.
std::string time_text(std::int64_t wall_ms) {
  const std::int64_t milliseconds = (wall_ms % 1000 + 1000) % 1000;
  const std::time_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0);
  std::tm parts{};
  (void)gmtime_r(&seconds, &parts);
  char date[64] = {};
  (void)std::strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  char rest[8];
  (void)std::snprintf(rest, sizeof(rest), ".%03dZ", static_cast<int>(milliseconds));
  return text(std::string_view(date), std::string_view(rest));
}

}  // namespace mongo_store::cli
