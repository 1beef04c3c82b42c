// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "config/parse.h"

namespace mongo_store::cli {

// The plugin's options in a broker's configuration.
struct PluginOptions {
  std::string file;  // the file that has the plugin line
  std::vector<config::Setting> settings;
};

// Reads a mosquitto.conf and the files of its include_dirs as Mosquitto 2.0 and 2.1 do. An option
// belongs to the last plugin line above it in the same file. kAbsent: no plugin line loads this
// plugin. kIo: there is none in the files that could be read, and others can't be read. kReject:
// the broker would refuse these lines. Messages show no option's value: it may be a secret.
Result<PluginOptions> read_plugin_options(const std::string& path);

}  // namespace mongo_store::cli
