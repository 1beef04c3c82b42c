// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// Delivers the journals in a folder to MongoDB, one after the other, as a broker would: with the
// delivery context of each segment. Locks each journal, and skips those that a broker is using.
// SIGINT and SIGTERM stop it; settled records stay settled. kBusy: brokers are using all of them.
// kRetry: records are left.
Status run_journal_deliver(const CommandLine& line);

}  // namespace mongo_store::cli
