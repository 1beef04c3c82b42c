// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mongo_store::mongo {

// Where to connect, and as which user: the mongo_* options, as the user gave them. Empty means "not
// given".
struct ConnectionOptions {
  std::string uri;  // mongodb://, mongodb+srv://, or a list of hosts without a scheme
  std::string user;
  std::string password;
  // Read at the start, instead of `password`, and again whenever authentication fails.
  std::string password_file;
  std::string auth_source;
  std::string database;  // the auth source if neither auth_source nor the URI names one
  std::string tls_ca_file;
  std::string tls_certificate_key_file;
  std::int32_t write_concern = 0;  // 0: majority; otherwise the number of members. Always journaled
  // For this long after the start, a failed authentication is reported as temporary: a database
  // that is being set up answers before it has its users.
  std::int64_t users_awaited_ms = 0;
  std::uint32_t sessions_max = 2;  // open at the same time
  std::string app_name;            // up to 128 bytes; visible in the server's log and in currentOp
};

}  // namespace mongo_store::mongo
