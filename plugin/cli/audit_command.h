// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

inline constexpr std::size_t kLedgersMax = 10000;
// Apart from that of an audit that was done and not passed.
inline constexpr int kAuditErrorExitStatus = 2;

// Reads the ledgers that the arguments name, then all documents and dead letters, and prints what
// it finds. kCorrupt: the audit isn't passed. kReject: no ledger is named, or an option is wrong.
// Another code: a ledger isn't one, or the database can't be read; nothing is printed then.
Status run_audit(const CommandLine& line);

}  // namespace mongo_store::cli
