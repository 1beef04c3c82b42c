// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/sink.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// The user that a connection is logged in as, and the rights of that user, from a server's answer
// to {connectionStatus: 1, showPrivileges: true}.
class Privileges {
 public:
  explicit Privileges(const bson_t& connection_status);

  // "NAME (of DATABASE)"; empty: no user.
  const std::string& user() const { return user_; }
  // nullopt: the server doesn't say. Not every server that names the user also lists the rights.
  std::optional<bool> allows(std::string_view action, const delivery::Target& target) const;

 private:
  struct Privilege {
    std::string database;    // empty: any
    std::string collection;  // empty: any
    std::vector<std::string> actions;
  };

  std::string user_;
  std::vector<Privilege> privileges_;
};

}  // namespace mongo_store::mongo
