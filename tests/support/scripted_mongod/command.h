// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/scripted_mongod/account.h"
#include "tests/support/scripted_mongod/log_entry.h"
#include "tests/support/scripted_mongod/node.h"
#include "tests/support/scripted_mongod/session.h"
#include "tests/support/scripted_mongod/wire_message.h"

namespace mongo_store::scripted {

// Why a command failed as a whole, as MongoDB numbers and names it.
struct CommandError {
  std::int32_t code;
  std::string_view code_name;
  std::string message;

  static CommandError bad_value(std::string message) { return {2, "BadValue", std::move(message)}; }
};
using CommandOutcome = std::optional<CommandError>;

// The name of a command: its first field's.
std::string_view first_key(const bson_t& body);
// "DATABASE.COLLECTION", the collection being the value of the command's first field.
std::string target_of(const bson_t& body);
// The read concern's level: "majority", say; empty: nothing.
std::string_view read_concern_level(const bson_t& body);
// How many `_id`s a find or count lists under $in; 0: it asks in another way.
std::size_t listed_ids(const bson_t& body);
// A list of documents, which may travel in the body or beside it.
std::vector<ByteView> documents_in(const WireMessage& message, const bson_t& body,
                                   const char* field);

// One command on its way. Lives for one call.
struct CommandCall {
  Node& node;
  Session& session;
  const WireMessage& message;
  const bson_t& body;
  std::string_view name;
  std::string_view database;
  bson_t* reply;  // without `ok`, which comes with the outcome
  // Where reads look, and what of it they see.
  const DocumentStore* store;
  LogPosition visible_to = kEverything;
  // The condition for which a write waits before it is answered; none: nothing.
  std::optional<WritePoint> written = std::nullopt;

  std::string target() const { return target_of(body); }
  std::vector<ByteView> documents(const char* field) const {
    return documents_in(message, body, field);
  }
};

// A name, what it needs, and what does it. An outcome without an error is ok: 1.
struct Command {
  std::string_view name;
  Access access;
  CommandOutcome (*run)(CommandCall& call);
};

}  // namespace mongo_store::scripted
