// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace mongo_store::device_sim {

// Who one device is to the broker: one line of the file that --credentials names.
struct Credential {
  std::size_t line = 0;
  std::string device;       // its name in topic, payload and client id
  std::string username;     // empty: none is sent
  std::string password;     // secret: goes to the broker and nowhere else; empty: none is sent
  std::string certificate;  // path of a PEM file; empty: none is shown
  std::string key;          // likewise
};

// The lines of the file, or one line of error with its name, the line's number and what is accepted
// there. Nothing that may be a password is in it. Paths in it begin at the file's own folder.
std::variant<std::vector<Credential>, std::string> read_credentials(const std::string& path);

// The same, of an open file.
std::variant<std::vector<Credential>, std::string> parse_credentials(std::istream& file,
                                                                     const std::string& path);

// Whether every user of this machine may read the file.
bool is_open_to_all(const std::string& path);

}  // namespace mongo_store::device_sim
