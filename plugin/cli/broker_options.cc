// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/broker_options.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "cli/flag_table.h"
#include "config/option_table.h"

namespace mongo_store::cli {
namespace {

constexpr std::string_view kAddressOptions[] = {"mongo_uri", "mongo_uri_file"};

bool is_database_named(const CommandLine& line, const config::Environment& environment) {
  return std::ranges::any_of(kAddressOptions, [&](std::string_view key) {
    return std::ranges::find(line.settings, key, &config::Setting::key) != line.settings.end() ||
           environment.contains(config::environment_name(*config::find_option(key)));
  });
}

bool is_missing(const std::string& path) {
  std::error_code error;
  return !std::filesystem::exists(path, error) && !error;
}

std::string given_file_line(const Status& failure) {
  const bool is_other_file = failure.code() != StatusCode::kReject;
  return text("--config: ", failure.message(),
              is_other_file ? "; accepted: the mosquitto.conf that the broker starts with" : "");
}

}  // namespace

Result<PluginOptions> broker_options(const CommandLine& line,
                                     const config::Environment& environment,
                                     const std::string& default_file) {
  const bool is_given = std::ranges::find(line.own_flags, kConfigFlag) != line.own_flags.end();
  if (!is_given && (is_database_named(line, environment) || is_missing(default_file))) {
    return PluginOptions();
  }
  Result<PluginOptions> options = read_plugin_options(is_given ? line.config_file : default_file);
  if (options.is_ok()) return options;
  if (!is_given && options.code() == StatusCode::kAbsent) return PluginOptions();
  return Status::reject(
      is_given ? given_file_line(options.status())
               : text(options.message(), "; with --mongo-uri or --config this file isn't needed"));
}

}  // namespace mongo_store::cli
