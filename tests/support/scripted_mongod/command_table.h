// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Answers one message: finds its command, checks the connection's rights, and runs the command. Any
// thread, each with its own session.
BsonDocument answer(Node& node, Session& session, const WireMessage& message);

}  // namespace mongo_store::scripted
