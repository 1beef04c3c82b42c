// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/summary.h"

#include "base/text.h"
#include "config/option_table.h"
#include "config/value.h"

namespace mongo_store::config {

std::string summary(const Config& config) {
  std::string line;
  for (const Option& option : all_options()) {
    const std::string value = value_text(option, config);
    if (value == option.default_text) continue;
    const bool has_blank = value.find(' ') != std::string::npos;
    const std::string_view quote = has_blank && !is_secret(option) ? "\"" : "";
    line += text(line.empty() ? "" : " ", option.key, "=", quote,
                 is_secret(option) ? "***" : escaped(value), quote);
  }
  return line.empty() ? "all defaults" : line;
}

std::string environment_summary(const Environment& environment) {
  std::string line;
  for (const Option& option : all_options()) {
    if (!environment.contains(environment_name(option))) continue;
    line += text(line.empty() ? "" : " ", option.key);
  }
  return line;
}

}  // namespace mongo_store::config
