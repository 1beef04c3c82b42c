// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Commands that a test uses to cause faults. README.md describes their fields.
CommandOutcome configure_fail_point(CommandCall& call);
CommandOutcome simulate(CommandCall& call);

}  // namespace mongo_store::scripted
