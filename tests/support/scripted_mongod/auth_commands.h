// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// SCRAM over saslStart and saslContinue.
CommandOutcome sasl_start(CommandCall& call);
CommandOutcome sasl_continue(CommandCall& call);
// With privileges, whether or not they are asked for.
CommandOutcome connection_status(CommandCall& call);

}  // namespace mongo_store::scripted
