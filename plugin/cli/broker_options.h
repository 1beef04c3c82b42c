// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"
#include "cli/command_line.h"
#include "cli/mosquitto_conf.h"
#include "config/environment.h"

namespace mongo_store::cli {

// The file that Debian's mosquitto package starts the broker with.
inline constexpr const char* kDefaultConfigFile = "/etc/mosquitto/mosquitto.conf";

// The options that the broker's configuration adds to those of the command line and the
// environment: those of the file that --config names. Without --config, those of `default_file`,
// but none if the command line or the environment says where the database is, or if there is no
// such file or no plugin line of ours in it. kReject: the file is wrong or can't be read.
Result<PluginOptions> broker_options(const CommandLine& line,
                                     const config::Environment& environment,
                                     const std::string& default_file);

}  // namespace mongo_store::cli
