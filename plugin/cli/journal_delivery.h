// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// Delivers the journals in a folder to MongoDB, one after the other, as a broker would: by each
// segment's own delivery context. Takes each one's lock, and passes over those that a broker holds.
// SIGINT and SIGTERM end it, with everything that is settled settled. kBusy: brokers hold all of
// them; kRetry: records are left.
Status run_journal_deliver(const CommandLine& line);

}  // namespace mongo_store::cli
