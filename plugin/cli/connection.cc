// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/connection.h"

#include <cstdio>
#include <string>
#include <vector>

#include "config/parse.h"
#include "wiring/settings.h"

namespace mongo_store::cli {

mongo::ConnectionOptions connection_options_of(const config::Config& config) {
  return wiring::connection_options(config, 1, "mongo-store");
}

Status opening_failure(Status status) {
  return status.code() == StatusCode::kRefuse ? Status::reject(status.message()) : status;
}

Result<config::Config> load_config(const CommandLine& line) {
  std::vector<std::string> warnings;
  Result<config::Config> config = config::parse_flags(line.settings, config::process_environment(),
                                                      config::host_facts(), warnings);
  for (const std::string& warning : warnings) {
    (void)std::fprintf(stderr, "mongo-store: warning: %s\n", warning.c_str());
  }
  if (!config.is_ok()) return Status::reject(config.message());
  return config;
}

}  // namespace mongo_store::cli
