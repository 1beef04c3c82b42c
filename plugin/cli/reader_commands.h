// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// The commands that show what is stored. kReject: an option is wrong. Another code: MongoDB can't
// be reached, or refuses.
Status run_count(const CommandLine& line);
Status run_first(const CommandLine& line);
Status run_last(const CommandLine& line);

}  // namespace mongo_store::cli
