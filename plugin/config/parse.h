// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "config/environment.h"

namespace mongo_store::config {

// An option as it was given.
struct Setting {
  std::string key;  // of the table: without plugin_opt_, with underscores
  std::string value;
};

// What names the gateway where no option does: the orchestrator's name of this instance.
inline constexpr std::string_view kTaskIdVariable = "MESOS_TASK_ID";

// Makes the one Config of the plugin: defaults, then `plugin_options` (the keys without
// plugin_opt_), then the environment, which wins. Reads the files that mongo_uri_file and
// mongo_password_file name, and looks whether the TLS files hold what they should. Of an option and
// its _file form the one from the stronger source counts; both from the same source are refused.
// kRefuse: one line that names the option, where it came from, its value (never a secret's, nor
// that of an unknown key, which may be a secret's misspelt) and what is accepted. `warnings` gets
// lines that don't stop a start, also when it is refused; they hold no secret either.
Result<Config> parse_config(std::span<const Setting> plugin_options, const Environment& environment,
                            const HostFacts& host, std::vector<std::string>& warnings);

// The same for a program: defaults, then the environment, then `flags`, which win. Messages name
// the flag, --mongo-uri.
Result<Config> parse_flags(std::span<const Setting> flags, const Environment& environment,
                           const HostFacts& host, std::vector<std::string>& warnings);

}  // namespace mongo_store::config
