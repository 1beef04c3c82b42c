// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// What a driver asks before anything else, and what tests ask about the server itself.
CommandOutcome hello(CommandCall& call);
CommandOutcome ping(CommandCall& call);
CommandOutcome build_info(CommandCall& call);
CommandOutcome scripted_stats(CommandCall& call);

}  // namespace mongo_store::scripted
