// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/parse.h"

namespace mongo_store::config {

// The result of a parse: `message` is empty if it succeeded.
struct Outcome {
  Config config;
  std::string message;
  std::vector<std::string> warnings;

  bool is_accepted() const { return message.empty(); }
  // Everything that could be logged.
  std::string lines() const {
    std::string all = message;
    for (const std::string& warning : warnings) all += "\n" + warning;
    return all;
  }
};

using Settings = std::vector<Setting>;

inline Outcome outcome_of(Result<Config> parsed, std::vector<std::string> warnings) {
  if (parsed.is_ok()) return {std::move(parsed).value(), "", std::move(warnings)};
  const bool is_refusal = parsed.code() == StatusCode::kRefuse;
  return {{}, is_refusal ? parsed.message() : "not kRefuse", std::move(warnings)};
}

inline Outcome parsed(const Settings& settings, const Environment& environment = {},
                      const HostFacts& host = {"host-1"}) {
  std::vector<std::string> warnings;
  Result<Config> result = parse_config(settings, environment, host, warnings);
  return outcome_of(std::move(result), std::move(warnings));
}

inline Outcome parsed_flags(const Settings& flags, const Environment& environment = {},
                            const Settings& plugin_options = {}) {
  std::vector<std::string> warnings;
  Result<Config> result = parse_flags(plugin_options, flags, environment, {"host-1"}, warnings);
  return outcome_of(std::move(result), std::move(warnings));
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace mongo_store::config
