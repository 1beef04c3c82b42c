// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/option_rules.h"

#include <chrono>
#include <utility>
#include <variant>

#include "device-sim/credentials.h"

namespace mongo_store::device_sim {
namespace {

std::string needs(const char* flag, const char* other) {
  return std::string(flag) + ": accepted only together with " + other;
}

std::string login_error(const Options& options) {
  constexpr const char* kTls = "--cafile, --capath or --tls-use-os-certs";
  if (options.certificate.empty() != options.key.empty()) {
    return options.key.empty() ? needs("--cert", "--key") : needs("--key", "--cert");
  }
  if (!options.certificate.empty() && !options.has_tls()) return needs("--cert", kTls);
  if (options.credentials_file.empty()) return "";
  if (!options.username.empty() || !options.certificate.empty()) {
    return std::string("--credentials: accepted only without ") +
           (options.username.empty() ? "--cert" : "--username");
  }
  for (const Credential& line : options.credentials) {
    if (line.certificate.empty() || options.has_tls()) continue;
    return options.credentials_file + " line " + std::to_string(line.line) + ": " +
           needs("a certificate", kTls);
  }
  if (options.devices <= options.credentials.size()) return "";
  return "--devices '" + std::to_string(options.devices) + "' is too many; accepted: at most the " +
         std::to_string(options.credentials.size()) + " of " + options.credentials_file;
}

std::string numbering_error(const Options& options) {
  if (!options.ledger.empty() && options.numbering != Numbering::kInValueToo) {
    return needs("--ledger", "--sequence");
  }
  if (options.numbering != Numbering::kNone) return "";
  constexpr const char* kNumbers = "--sequence or --qos 2, and without --no-sequence";
  if (options.first_sequence.has_value()) return needs("--first-sequence", kNumbers);
  if (!options.message_id_property.empty()) return needs("--message-id-property", kNumbers);
  return "";
}

// Mistakes that can only be found once all flags are read.
std::string combination_error(const Options& options) {
  if (options.broker.empty()) return "--broker is required; accepted: a host name or an address";
  if (std::string error = login_error(options); !error.empty()) return error;
  if (!options.password.empty() && options.username.empty()) {
    return needs("--password-file", "--username");
  }
  if (std::string error = numbering_error(options); !error.empty()) return error;
  if (!options.message_id_property.empty() && options.protocol != Protocol::kV5) {
    return needs("--message-id-property", "--protocol 5");
  }
  return "";
}

// Devices that keep their names from run to run must not use a number twice: the message would look
// like one that was sent again. The number is higher than a device can have reached before, and
// exact in JSON.
std::uint64_t default_first_sequence(const Options& options) {
  if (options.numbering != Numbering::kBesideValue || options.credentials.empty()) return 1;
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

}  // namespace

std::string complete(Options& options) {
  if (!options.credentials_file.empty()) {
    auto read = read_credentials(options.credentials_file);
    if (auto* error = std::get_if<std::string>(&read)) return std::move(*error);
    options.credentials = std::move(std::get<0>(read));
  }
  if (options.port == 0) options.port = options.has_tls() ? 8883 : 1883;
  if (options.devices == 0) {
    options.devices = options.credentials.empty() ? 1 : options.credentials.size();
  }
  if (!options.numbering.has_value()) {
    options.numbering = options.qos == 2 ? Numbering::kBesideValue : Numbering::kNone;
  }
  std::string error = combination_error(options);
  if (!options.first_sequence.has_value()) options.first_sequence = default_first_sequence(options);
  return error;
}

}  // namespace mongo_store::device_sim
