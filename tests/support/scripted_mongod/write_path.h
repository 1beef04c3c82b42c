// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"
#include "tests/support/scripted_mongod/replica_set.h"

namespace mongo_store::scripted {

// How commands reach documents, be the server a standalone one or of a set.

// Whether this server may be read from, and what of it the command sees.
CommandOutcome enter_for_reading(CommandCall& call);
// Makes a change here, and leaves it to the set to copy it.
CommandOutcome write(CommandCall& call, LogEntry::Kind kind, const std::string& target,
                     const Apply& apply);
// Waits for the command's write concern; none: it is fulfilled.
std::optional<BsonDocument> await_write_concern(CommandCall& call);

}  // namespace mongo_store::scripted
