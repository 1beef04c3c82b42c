// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/command_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/admin_commands.h"
#include "tests/support/scripted_mongod/auth_commands.h"
#include "tests/support/scripted_mongod/error_codes.h"
#include "tests/support/scripted_mongod/fault_commands.h"
#include "tests/support/scripted_mongod/handshake_commands.h"
#include "tests/support/scripted_mongod/read_commands.h"
#include "tests/support/scripted_mongod/set_commands.h"
#include "tests/support/scripted_mongod/write_commands.h"
#include "tests/support/scripted_mongod/write_path.h"

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
    {"configureFailPoint", Access::kOpen, configure_fail_point},
    {"replSetGetStatus", Access::kOpen, set_status},
    {"replSetStepDown", Access::kOpen, step_down},
    {"simulate", Access::kOpen, simulate},
    {"saslStart", Access::kOpen, sasl_start},
    {"saslContinue", Access::kOpen, sasl_continue},
    {"insert", Access::kInsert, insert_documents},
    {"connectionStatus", Access::kOpen, connection_status},
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
  const bool is_trusted =
      !call.node.account.is_required() || call.session.is_authenticated(call.node.account);
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
  if (command->access == Access::kRead) {
    if (CommandOutcome error = enter_for_reading(call)) return error;
  }
  return command->run(call);
}

void append_labels(bson_t* reply, const std::vector<std::string>& labels) {
  ArrayWriter array(reply, "errorLabels");
  for (const std::string& label : labels) array.add_text(label);
  array.end();
}

// A fault's labels replace the label that its code adds to a retryable write.
void label(CommandCall& call, std::int32_t code) {
  const Fault* fault = call.session.fault.get();
  bson_iter_t number;
  if (fault != nullptr && fault->labels) {
    append_labels(call.reply, *fault->labels);
  } else if (find_field(call.body, "txnNumber", number) && is_retryable_write_code(code)) {
    append_retryable_label(call.reply);
  }
}

void append_write_concern_error(CommandCall& call, ByteView error) {
  const BsonView view(error);
  append_document(call.reply, "writeConcernError", error);
  label(call, static_cast<std::int32_t>(integer_field(view.bson(), "code", 0)));
}

void finish(CommandCall& call, const CommandOutcome& outcome) {
  if (outcome) {
    bson_reinit(call.reply);
    append_error(call.reply, outcome->code, outcome->code_name, outcome->message);
    label(call, outcome->code);
    return;
  }
  BSON_APPEND_DOUBLE(call.reply, "ok", 1.0);
  const Fault* fault = call.session.fault.get();
  if (fault != nullptr && !fault->write_concern_error.empty()) {
    append_write_concern_error(call, fault->write_concern_error);
  } else if (const std::optional<BsonDocument> error = await_write_concern(call)) {
    append_write_concern_error(call, bytes_of(**error));
  }
}

CommandOutcome injected(CommandCall& call) {
  const Fault* fault = call.session.fault.get();
  if (fault == nullptr || fault->error_code == 0) return std::nullopt;
  std::string message = fault->error_message;
  if (message.empty()) message = text("failing ", call.name, " via a fail point");
  return CommandError{fault->error_code, code_name(fault->error_code), std::move(message)};
}

CommandOutcome run_under_fault(const Command* command, CommandCall& call) {
  CommandOutcome error = injected(call);
  if (error && !call.session.fault->applies_first) {
    call.node.counters.count(call.name);
    return error;
  }
  CommandOutcome outcome = run(command, call);
  return error ? error : outcome;
}

}  // namespace

BsonDocument answer(Node& node, Session& session, const WireMessage& message) {
  const BsonView body(message.body);
  BsonDocument reply;
  const std::string_view name = first_key(body.bson());
  CommandCall call{node,        session,    message,
                   body.bson(), name,       text_field(body.bson(), "$db"),
                   reply.get(), &node.store};
  finish(call, run_under_fault(find_command(name), call));
  return reply;
}

}  // namespace mongo_store::scripted
