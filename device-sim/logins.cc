// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/logins.h"

#include <variant>

namespace mongo_store::device_sim {

std::optional<std::string> Logins::load(const Options& options) {
  if (options.credentials.empty()) {
    return add({"", options.username, options.password, nullptr}, options.certificate, options.key);
  }
  for (const Credential& line : options.credentials) {
    auto error =
        add({line.device, line.username, line.password, nullptr}, line.certificate, line.key);
    if (error.has_value()) {
      return options.credentials_file + " line " + std::to_string(line.line) + ": " + *error;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Logins::add(Login login, const std::string& certificate,
                                       const std::string& key) {
  if (!certificate.empty()) {
    const Identity*& known = by_files_[{certificate, key}];
    if (known == nullptr) {
      auto loaded = Identity::load(certificate, key);
      if (auto* error = std::get_if<std::string>(&loaded)) return std::move(*error);
      known = &identities_.emplace_back(std::move(std::get<Identity>(loaded)));
    }
    login.identity = known;
  }
  logins_.push_back(std::move(login));
  return std::nullopt;
}

}  // namespace mongo_store::device_sim
