// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/logger.h"

#include "base/text.h"

namespace mongo_store {

void log_exception(Logger& logger, std::string_view part, std::string_view what) noexcept {
  try {
    logger.log(LogLevel::kError, text(part, ": ", what, "; trying again"));
  } catch (...) {
    return;
  }
}

}  // namespace mongo_store
