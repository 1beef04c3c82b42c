// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {

// Commands that change documents.
CommandOutcome insert_documents(CommandCall& call);
CommandOutcome delete_documents(CommandCall& call);

}  // namespace mongo_store::scripted
