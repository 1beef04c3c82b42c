// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/connection.h"

#include <cstdio>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/broker_options.h"
#include "config/option_table.h"
#include "config/parse.h"
#include "wiring/settings.h"

namespace mongo_store::cli {
namespace {

// A message about an option in the broker's configuration also names the file.
std::string located(const std::string& message, const std::string& file) {
  const bool is_of_file = message.starts_with(config::kPluginOptionPrefix);
  return is_of_file ? text('"', escaped(file, 256), "\": ", message) : message;
}

}  // namespace

mongo::ConnectionOptions connection_options_of(const config::Config& config) {
  return wiring::connection_options(config, 1, "mongo-store");
}

Status opening_failure(Status status) {
  return status.code() == StatusCode::kRefuse ? Status::reject(status.message()) : status;
}

Result<config::Config> load_config(const CommandLine& line) {
  const config::Environment environment = config::process_environment();
  const Result<PluginOptions> of_broker = broker_options(line, environment, kDefaultConfigFile);
  if (!of_broker.is_ok()) return of_broker.status();
  const auto& [file, settings] = of_broker.value();
  std::vector<std::string> warnings;
  Result<config::Config> config =
      config::parse_flags(settings, line.settings, environment, config::host_facts(), warnings);
  for (const std::string& warning : warnings) {
    (void)std::fprintf(stderr, "mongo-store: warning: %s\n", located(warning, file).c_str());
  }
  if (!config.is_ok()) return Status::reject(located(config.message(), file));
  return config;
}

}  // namespace mongo_store::cli
