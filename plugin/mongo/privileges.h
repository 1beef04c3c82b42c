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

// The user that a connection is logged in as, and that user's rights, from a server's answer to
// {connectionStatus: 1, showPrivileges: true} has it.
class Privileges {
 public:
  explicit Privileges(const bson_t& connection_status);

  // "NAME (of DATABASE)"; empty: nobody.
  const std::string& user() const { return user_; }
  // Nothing: the server doesn't tell. Not every server that says who one is does.
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
