// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// A driver's first commands, and the tests' commands about the server.
CommandOutcome hello(CommandCall& call);
CommandOutcome ping(CommandCall& call);
CommandOutcome build_info(CommandCall& call);
CommandOutcome scripted_stats(CommandCall& call);

}  // namespace mongo_store::scripted
