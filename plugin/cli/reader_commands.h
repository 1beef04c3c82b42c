// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// The commands that look at what is stored. Settings that are wrong are kReject; what MongoDB, or
// the way to it, refuses or fails is another code.
Status run_count(const CommandLine& line);
Status run_first(const CommandLine& line);
Status run_last(const CommandLine& line);

}  // namespace mongo_store::cli
