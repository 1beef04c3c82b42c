// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// The commands for dead letters. kRetry: MongoDB can't be reached, or a signal stopped the command;
// work done before that is kept.
Status run_dead_letters_list(const CommandLine& line);
Status run_dead_letters_requeue(const CommandLine& line);

}  // namespace mongo_store::cli
