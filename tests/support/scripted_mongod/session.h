// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/scripted_mongod/account.h"
#include "tests/support/scripted_mongod/fault.h"
#include "tests/support/scripted_mongod/scram_server.h"

namespace mongo_store::scripted {

// A server's data about one connection. Only the connection's thread uses it, except `is_cut`.
struct Session {
  std::int32_t connection_id = 0;
  std::string app_name;
  // The connection is to end, and everything that waits for it gives up. Any thread may set it.
  std::atomic<bool> is_cut = false;
  // The fault of the command that is being answered; null: none.
  std::shared_ptr<const Fault> fault;

  // The account's era in which the password was proven. Revoking the account starts a new era.
  std::optional<std::int64_t> authenticated_in;
  bool is_authenticated(const Account& account) const { return authenticated_in == account.era(); }

  // An authentication in progress. The password is proven once `is_proven`; an empty exchange may
  // still follow.
  struct Conversation {
    ScramServer scram;
    std::int64_t era = 0;
    bool skips_empty_exchange = false;
    bool is_proven = false;
  };
  std::optional<Conversation> conversation;
};

}  // namespace mongo_store::scripted
