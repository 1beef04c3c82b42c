// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"
#include "tests/support/scripted_mongod/replica_set.h"

namespace mongo_store::scripted {

// How commands reach documents, both on a standalone server and on a member of a set.

// Whether this server may be read from, and which part of its documents the command sees.
CommandOutcome enter_for_reading(CommandCall& call);
// Makes a change here. The set copies it to the other members.
CommandOutcome write(CommandCall& call, LogEntry::Kind kind, const std::string& target,
                     const Apply& apply);
// Waits for the command's write concern. None: it is fulfilled.
std::optional<BsonDocument> await_write_concern(CommandCall& call);

}  // namespace mongo_store::scripted
