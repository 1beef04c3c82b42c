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

// Where a payload has the number of its message: beside the value, where a broker's message_id
// looks for it, and in the value too, where an audit finds it in the document.
enum class Numbering { kNone, kBesideValue, kInValueToo };

// What the flags say. The table of flags in options.cc holds bounds and help.
struct Options {
  std::string broker;
  std::uint16_t port = 0;                     // once parsed: never 0
  Duration period = std::chrono::seconds(5);  // between two messages of a device; 0: no pause
  int qos = 0;
  std::size_t devices = 0;           // once parsed: never 0
  std::uint64_t messages = 0;        // a device's; 0: without end
  std::optional<Duration> duration;  // of the whole run
  std::string username;
  std::string password;  // secret: goes to the broker and nowhere else
  std::string credentials_file;
  std::vector<Credential> credentials;  // its content, at least as many as there are devices
  std::string cafile;
  std::string capath;
  bool uses_os_certificates = false;
  std::string certificate;  // path of a PEM file, as is the key
  std::string key;
  Protocol protocol = Protocol::kV311;
  bool is_json = false;
  std::string ledger;                           // path; empty: none is written
  std::optional<Numbering> numbering;           // once parsed: never empty
  std::optional<std::uint64_t> first_sequence;  // once parsed: never empty
  std::size_t padding_bytes = 0;                // of a payload field of its own; 0: no such field
  std::string message_id_property;  // MQTT 5's user property; empty: no message id is sent

  bool has_tls() const { return uses_os_certificates || !cafile.empty() || !capath.empty(); }
};

// The options with all files read but those of TLS, or one line without newline that names the
// flag, its value and what is accepted.
// --help, --usage, --version and unknown flags end the process here, as glibc's argp does it.
std::variant<Options, std::string> parse_options(int argc, char** argv);

}  // namespace mongo_store::device_sim
