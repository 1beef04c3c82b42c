// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/connection.h"

#include <cstdio>
#include <string>
#include <vector>

#include "config/parse.h"

namespace mongo_store::cli {

mongo::ConnectionOptions connection_options_of(const config::Config& config) {
  return {.uri = config.mongo_uri,
          .user = config.mongo_user,
          .password = config.mongo_password,
          .password_file = config.mongo_password_file,
          .auth_source = config.mongo_auth_source,
          .database = config.database,
          .tls_ca_file = config.mongo_tls_ca_file,
          .tls_certificate_key_file = config.mongo_tls_certificate_key_file,
          .write_concern = static_cast<std::int32_t>(config.write_concern_nodes),
          .sessions_max = 1,
          .app_name = "mongo-store"};
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
