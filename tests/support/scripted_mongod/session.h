// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "tests/support/scripted_mongod/scram_server.h"

namespace mongo_store::scripted {

// What a server knows of one connection; belongs to the connection's thread.
struct Session {
  std::int32_t connection_id = 0;
  bool is_authenticated = false;

  // An authentication under way: the password is proven once `is_proven`, and then an empty
  // exchange may be due.
  struct Conversation {
    ScramServer scram;
    bool skips_empty_exchange = false;
    bool is_proven = false;
  };
  std::optional<Conversation> conversation;
};

}  // namespace mongo_store::scripted
