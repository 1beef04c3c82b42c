// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mongo_store::mongo {

// Where and as whom to connect: the mongo_* options, as the user gave them; empty is "not given".
struct ConnectionOptions {
  std::string uri;  // mongodb://, mongodb+srv://, or a list of hosts without a scheme
  std::string user;
  std::string password;
  // Read once at the start, in place of password, and again whenever authentication fails.
  std::string password_file;
  std::string auth_source;
  std::string database;  // the auth source where neither auth_source nor the URI names one
  std::string tls_ca_file;
  std::string tls_certificate_key_file;
  std::int32_t write_concern = 0;  // 0: majority; else so many members. Always journaled
  // So long after the start, a failed authentication is told as one that may pass: a database that
  // is being set up answers before it has its users.
  std::int64_t users_awaited_ms = 0;
  std::uint32_t sessions_max = 2;  // open at one time
  std::string app_name;            // up to 128 bytes; shows in the server's log and currentOp
};

}  // namespace mongo_store::mongo
