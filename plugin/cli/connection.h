// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"
#include "config/config.h"
#include "mongo/connection_options.h"

namespace mongo_store::cli {

// The options of the command line, the environment and the broker's configuration; the first has
// the highest precedence. Warnings go to standard error. kReject: an option is wrong.
Result<config::Config> load_config(const CommandLine& line);

mongo::ConnectionOptions connection_options_of(const config::Config& config);

// The status of a failed attempt to prepare a connection, which asks no server: kReject if an
// option is wrong.
Status opening_failure(Status status);

}  // namespace mongo_store::cli
