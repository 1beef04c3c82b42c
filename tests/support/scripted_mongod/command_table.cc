// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/command_table.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "tests/support/scripted_mongod/admin_commands.h"
#include "tests/support/scripted_mongod/auth_commands.h"
#include "tests/support/scripted_mongod/handshake_commands.h"
#include "tests/support/scripted_mongod/read_commands.h"
#include "tests/support/scripted_mongod/write_commands.h"

namespace mongo_store::scripted {
namespace {

constexpr Command kCommands[] = {
    {"hello", Access::kOpen, hello},
    {"isMaster", Access::kOpen, hello},
    {"ismaster", Access::kOpen, hello},
    {"ping", Access::kOpen, ping},
    {"buildInfo", Access::kOpen, build_info},
    {"buildinfo", Access::kOpen, build_info},
    {"scriptedStats", Access::kOpen, scripted_stats},
    {"saslStart", Access::kOpen, sasl_start},
    {"saslContinue", Access::kOpen, sasl_continue},
    {"insert", Access::kWrite, insert_documents},
    {"delete", Access::kWrite, delete_documents},
    {"find", Access::kRead, find_documents},
    {"getMore", Access::kAuthenticated, get_more},
    {"killCursors", Access::kAuthenticated, kill_cursors},
    {"count", Access::kRead, count_documents},
    {"aggregate", Access::kRead, aggregate},
    {"create", Access::kWrite, create_collection},
    {"createIndexes", Access::kWrite, create_indexes},
    {"drop", Access::kWrite, drop_collection},
    {"dropDatabase", Access::kWrite, drop_database},
    {"listCollections", Access::kRead, list_collections},
    {"listIndexes", Access::kRead, list_indexes},
    {"listDatabases", Access::kRead, list_databases},
    {"endSessions", Access::kAuthenticated, ping},
};

const Command* find_command(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const Command& known) { return known.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

CommandOutcome run(const Command* command, CommandCall& call) {
  if (call.message.is_legacy_query && (command == nullptr || command->run != hello)) {
    return CommandError{352, "UnsupportedOpQueryCommand", "only a hello may come as OP_QUERY"};
  }
  if (command == nullptr) {
    return CommandError{59, "CommandNotFound", text("no such command: '", call.name, "'")};
  }
  const bool is_trusted = !call.node.account.is_required() || call.session.is_authenticated;
  if (command->access != Access::kOpen && !is_trusted) {
    return CommandError{13, "Unauthorized",
                        text("command ", call.name, " requires authentication")};
  }
  if (call.node.account.is_required() &&
      !call.node.account.allows(command->access, call.database)) {
    return CommandError{
        13, "Unauthorized",
        text("not authorized on ", call.database, " to execute command ", call.name)};
  }
  call.node.counters.count(command->name);
  return command->run(call);
}

void finish(bson_t* reply, const CommandOutcome& outcome) {
  if (!outcome) {
    BSON_APPEND_DOUBLE(reply, "ok", 1.0);
    return;
  }
  bson_reinit(reply);
  BSON_APPEND_DOUBLE(reply, "ok", 0.0);
  append_text(reply, "errmsg", outcome->message);
  BSON_APPEND_INT32(reply, "code", outcome->code);
  append_text(reply, "codeName", outcome->code_name);
}

}  // namespace

BsonDocument answer(Node& node, Session& session, const WireMessage& message) {
  const BsonView body(message.body);
  BsonDocument reply;
  bson_iter_t first;
  std::string_view name;
  if (bson_iter_init(&first, &body.bson()) && bson_iter_next(&first)) name = bson_iter_key(&first);
  CommandCall call{node,       session, message, body.bson(), name, text_field(body.bson(), "$db"),
                   reply.get()};
  finish(reply.get(), run(find_command(name), call));
  return reply;
}

}  // namespace mongo_store::scripted
