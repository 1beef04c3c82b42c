// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

inline constexpr std::size_t kLedgersMax = 10000;
// Differs from the status of an audit that ran and found a fault.
inline constexpr int kAuditErrorExitStatus = 2;

// Reads the ledgers that the arguments name, then all documents and dead letters, and prints its
// findings. kCorrupt: the audit failed. kReject: no ledger is named, or an option is wrong. Another
// code: a ledger is malformed, or the database can't be read; nothing is printed then.
Status run_audit(const CommandLine& line);

}  // namespace mongo_store::cli
