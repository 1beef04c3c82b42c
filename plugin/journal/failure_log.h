// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string_view>

#include "base/logger.h"
#include "base/status.h"
#include "base/text.h"

namespace mongo_store::journal {

// For an operation that is retried: logs its first failure, and the first success after a failure.
// One thread. The logger must outlive it.
class FailureLog {
 public:
  // The two log lines, such as "can't create a segment" and "segments can be created again".
  FailureLog(Logger& logger, std::string_view failed, std::string_view recovered)
      : logger_(logger), failed_(failed), recovered_(recovered) {}

  void note(const Status& status) {
    if (status.is_ok() == !is_failing_) return;
    is_failing_ = !status.is_ok();
    if (!is_failing_) {
      logger_.log(LogLevel::kNotice, text("journal: ", recovered_));
      return;
    }
    const bool is_full =
        status.code() == StatusCode::kNoSpace || status.code() == StatusCode::kRetry;
    logger_.log(is_full ? LogLevel::kWarning : LogLevel::kError,
                text("journal: ", failed_, ", trying again: ", status.message()));
  }

 private:
  Logger& logger_;
  const std::string_view failed_;
  const std::string_view recovered_;
  bool is_failing_ = false;
};

}  // namespace mongo_store::journal
