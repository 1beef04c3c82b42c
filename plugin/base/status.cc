// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/status.h"

namespace mongo_store {

std::string_view status_code_name(StatusCode code) {
  switch (code) {
    case StatusCode::kOk: return "ok";
    case StatusCode::kRetry: return "retry";
    case StatusCode::kReject: return "reject";
    case StatusCode::kRefuse: return "refuse";
    case StatusCode::kBusy: return "busy";
    case StatusCode::kAbsent: return "absent";
    case StatusCode::kCorrupt: return "corrupt";
    case StatusCode::kNoSpace: return "no space";
    case StatusCode::kIo: return "i/o error";
  }
  return "unknown";
}

}  // namespace mongo_store
