// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Commands about collections, indexes and databases.
CommandOutcome create_collection(CommandCall& call);
CommandOutcome create_indexes(CommandCall& call);
CommandOutcome drop_collection(CommandCall& call);
CommandOutcome drop_database(CommandCall& call);
CommandOutcome list_collections(CommandCall& call);
CommandOutcome list_indexes(CommandCall& call);
CommandOutcome list_databases(CommandCall& call);

}  // namespace mongo_store::scripted
