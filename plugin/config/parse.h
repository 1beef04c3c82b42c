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

// An option as given by the user.
struct Setting {
  std::string key;  // as in the option table: without plugin_opt_, with underscores
  std::string value;
};

// The default of gateway_id: the orchestrator's name for this instance.
inline constexpr std::string_view kTaskIdVariable = "MESOS_TASK_ID";

// Builds the plugin's Config from the defaults, then `plugin_options` (keys without plugin_opt_),
// then the environment, which wins. Reads the files named by mongo_uri_file and
// mongo_password_file, and checks the content of the TLS files. If both an option and its _file
// form are set, the source with the higher precedence wins; both from the same source are refused.
// kRefuse: one line that names the option, its source, its value and what is accepted. The value of
// a secret is left out, and so is that of an unknown key, which may be a misspelt secret.
// `warnings` collects lines that don't prevent a start, even if it is refused; they contain no
// secrets.
Result<Config> parse_config(std::span<const Setting> plugin_options, const Environment& environment,
                            const HostFacts& host, std::vector<std::string>& warnings);

// The same for a command-line program: defaults, then `plugin_options`, then the environment, then
// `flags`, which win. Messages name flags as flags, such as --mongo-uri.
Result<Config> parse_flags(std::span<const Setting> plugin_options, std::span<const Setting> flags,
                           const Environment& environment, const HostFacts& host,
                           std::vector<std::string>& warnings);

}  // namespace mongo_store::config
