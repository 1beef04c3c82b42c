// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "device-sim/credentials.h"
#include "device-sim/time.h"

namespace mongo_store::device_sim {

// The values are MQTT's protocol levels.
enum class Protocol : int { kV31 = 3, kV311 = 4, kV5 = 5 };

// Where a payload contains the number of its message: next to the value, for a broker's option
// message_id, and also in the value, for an audit of documents.
enum class Numbering { kNone, kBesideValue, kInValueToo };

// The values of the flags. The table in options.cc has their bounds and help.
struct Options {
  std::string broker;
  std::uint16_t port = 0;                     // never 0 after parsing
  Duration period = std::chrono::seconds(5);  // between two messages of a device; 0: no pause
  int qos = 0;
  std::size_t devices = 0;           // never 0 after parsing
  std::uint64_t messages = 0;        // of each device; 0: unlimited
  std::optional<Duration> duration;  // of the whole run
  std::string username;
  std::string password;  // secret: only the broker gets it
  std::string credentials_file;
  std::vector<Credential> credentials;  // its content: at least one for each device
  std::string cafile;
  std::string capath;
  bool uses_os_certificates = false;
  std::string certificate;  // path of a PEM file, like the key
  std::string key;
  Protocol protocol = Protocol::kV311;
  bool is_json = false;
  std::string ledger;                           // path; empty: none is written
  std::optional<Numbering> numbering;           // never empty after parsing
  std::optional<std::uint64_t> first_sequence;  // never empty after parsing
  std::size_t padding_bytes = 0;                // size of an extra payload field; 0: no such field
  std::string message_id_property;  // MQTT 5's user property; empty: no message id is sent

  bool has_tls() const { return uses_os_certificates || !cafile.empty() || !capath.empty(); }
};

// The options, with all files read except those for TLS; or a one-line error, without a newline,
// that names the flag, its value and what is accepted. --help, --usage, --version and unknown flags
// end the process here: glibc's argp does that.
std::variant<Options, std::string> parse_options(int argc, char** argv);

}  // namespace mongo_store::device_sim
