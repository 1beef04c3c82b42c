// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdio>
#include <string>

#include "base/logger.h"
#include "base/text.h"

namespace mongo_store::cli {

// Prints the log lines of journal and delivery, from level notice. Any thread.
class StderrLogger final : public Logger {
 public:
  void log(LogLevel level, std::string_view line) override {
    if (level < LogLevel::kNotice) return;
    (void)std::fputs(text("mongo-store: ", line, "\n").c_str(), stderr);
  }
};

}  // namespace mongo_store::cli
