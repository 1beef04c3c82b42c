// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Commands about the replica set, for any member or the control address.
CommandOutcome step_down(CommandCall& call);
CommandOutcome set_status(CommandCall& call);

}  // namespace mongo_store::scripted
