// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// SCRAM over saslStart and saslContinue.
CommandOutcome sasl_start(CommandCall& call);
CommandOutcome sasl_continue(CommandCall& call);
// Includes privileges even if the request doesn't ask for them.
CommandOutcome connection_status(CommandCall& call);

}  // namespace mongo_store::scripted
