// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"

namespace mongo_store::journal {

enum class AppendOutcome {
  kAppended,      // survives the end of the process and, with `always`, a power loss
  kBoundReached,  // journal_max_bytes leaves no room for another segment: nothing was kept
  kDiskFull,      // the file system is full: nothing was kept
  kDiskFailed,    // the disk failed in another way, or the record is too long: nothing was kept
};

// The outcome of an append that this Status prevents. kRetry: the bound is reached.
inline AppendOutcome refusal_for(const Status& why) {
  if (why.code() == StatusCode::kRetry) return AppendOutcome::kBoundReached;
  if (why.code() == StatusCode::kNoSpace) return AppendOutcome::kDiskFull;
  return AppendOutcome::kDiskFailed;
}

}  // namespace mongo_store::journal
