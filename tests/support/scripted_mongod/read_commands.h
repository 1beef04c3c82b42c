// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Commands that answer with documents or their number.
CommandOutcome find_documents(CommandCall& call);
CommandOutcome get_more(CommandCall& call);
CommandOutcome kill_cursors(CommandCall& call);
CommandOutcome count_documents(CommandCall& call);
CommandOutcome aggregate(CommandCall& call);

}  // namespace mongo_store::scripted
