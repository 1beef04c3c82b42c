// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace mongo_store::device_sim {

// How one device logs in: one line of the file that --credentials names.
struct Credential {
  std::size_t line = 0;
  std::string device;       // its name in topic, payload and client id
  std::string username;     // empty: none is sent
  std::string password;     // secret: only the broker gets it; empty: none is sent
  std::string certificate;  // path of a PEM file; empty: none is presented
  std::string key;          // likewise
};

// The lines of the file, or a one-line error that names the file, the line and what is accepted
// there. The error contains nothing that may be a password. Relative paths start at the file's
// folder.
std::variant<std::vector<Credential>, std::string> read_credentials(const std::string& path);

// The same for an open file.
std::variant<std::vector<Credential>, std::string> parse_credentials(std::istream& file,
                                                                     const std::string& path);

// Whether all users of this machine may read the file.
bool is_open_to_all(const std::string& path);

}  // namespace mongo_store::device_sim
