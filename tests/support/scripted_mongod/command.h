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

// Why a command failed as a whole, with MongoDB's code and name.
struct CommandError {
  std::int32_t code;
  std::string_view code_name;
  std::string message;

  static CommandError bad_value(std::string message) { return {2, "BadValue", std::move(message)}; }
};
using CommandOutcome = std::optional<CommandError>;

// The name of a command is the name of its first field.
std::string_view first_key(const bson_t& body);
// "DATABASE.COLLECTION"; the collection is the value of the command's first field.
std::string target_of(const bson_t& body);
// The read concern's level, such as "majority"; empty: none.
std::string_view read_concern_level(const bson_t& body);
// How many `_id`s a find or count lists under $in; 0: it has another filter.
std::size_t listed_ids(const bson_t& body);
// A list of documents, which may be in the body or in a separate section.
std::vector<ByteView> documents_in(const WireMessage& message, const bson_t& body,
                                   const char* field);

// One command that is being executed. It exists for one call.
struct CommandCall {
  Node& node;
  Session& session;
  const WireMessage& message;
  const bson_t& body;
  std::string_view name;
  std::string_view database;
  bson_t* reply;  // without `ok`, which is added with the outcome
  // The store that reads use, and the part of it that they can see.
  const DocumentStore* store;
  LogPosition visible_to = kEverything;
  // The write whose write concern must be fulfilled before the answer; none: nothing to wait for.
  std::optional<WritePoint> written = std::nullopt;

  std::string target() const { return target_of(body); }
  std::vector<ByteView> documents(const char* field) const {
    return documents_in(message, body, field);
  }
};

// A command's name, the rights that it needs, and its function. An outcome without an error is ok:
// 1.
struct Command {
  std::string_view name;
  Access access;
  CommandOutcome (*run)(CommandCall& call);
};

}  // namespace mongo_store::scripted
