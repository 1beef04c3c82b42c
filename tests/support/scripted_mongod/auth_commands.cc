// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/auth_commands.h"

#include <utility>

#include "base/bytes.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::int32_t kConversationId = 1;

CommandError failed(std::string message) {
  return {18, "AuthenticationFailed", std::move(message)};
}

std::string_view payload_of(const bson_t& body) {
  bson_iter_t found;
  if (!find_field(body, "payload", found) || !BSON_ITER_HOLDS_BINARY(&found)) return {};
  std::uint32_t length = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&found, nullptr, &length, &bytes);
  return {reinterpret_cast<const char*>(bytes), length};
}

void append_step(bson_t* reply, std::string_view payload, bool is_done) {
  BSON_APPEND_INT32(reply, "conversationId", kConversationId);
  BSON_APPEND_BOOL(reply, "done", is_done);
  BSON_APPEND_BINARY(reply, "payload", BSON_SUBTYPE_BINARY,
                     reinterpret_cast<const std::uint8_t*>(payload.data()),
                     static_cast<std::uint32_t>(payload.size()));
}

BsonDocument user_of(const AccountOptions& account) {
  BsonDocument user;
  append_text(user.get(), "user", account.user);
  append_text(user.get(), "db", account.auth_database);
  return user;
}

// "NAME@DATABASE" is a role in one database. Without a role, the user may do everything.
BsonDocument privilege_of(std::string_view role) {
  BsonDocument privilege;
  bson_t resource;
  BSON_APPEND_DOCUMENT_BEGIN(privilege.get(), "resource", &resource);
  const std::size_t at = role.find('@');
  append_text(&resource, "db", at == std::string_view::npos ? "" : role.substr(at + 1));
  append_text(&resource, "collection", "");
  bson_append_document_end(privilege.get(), &resource);
  ArrayWriter actions(privilege.get(), "actions");
  if (!role.starts_with("insert@")) actions.add_text("find");
  if (!role.starts_with("read@")) actions.add_text("insert");
  actions.end();
  return privilege;
}

}  // namespace

CommandOutcome sasl_start(CommandCall& call) {
  call.session.conversation.reset();
  call.session.authenticated_in.reset();
  const Account& account = call.node.account;
  const auto mechanism = mechanism_named(text_field(call.body, "mechanism"));
  auto credential = mechanism ? account.credential(*mechanism) : std::nullopt;
  if (!credential) return CommandError{334, "MechanismUnavailable", "mechanism is not enabled"};
  if (account.is_revoked()) return failed("Authentication failed.");
  if (call.database != account.options().auth_database) return failed("Authentication failed.");
  const BsonView options(embedded_field(call.body, "options"));
  Session::Conversation conversation{
      ScramServer(std::move(*credential), account.options().user, ScramServer::random_nonce()),
      account.era(), bool_field(options.bson(), "skipEmptyExchange", false)};
  const Result<std::string> server_first = conversation.scram.first(payload_of(call.body));
  if (!server_first.is_ok()) return failed("Authentication failed.");
  call.session.conversation.emplace(std::move(conversation));
  append_step(call.reply, server_first.value(), false);
  return std::nullopt;
}

CommandOutcome connection_status(CommandCall& call) {
  const Account& account = call.node.account;
  const bool is_somebody = account.is_required() && call.session.is_authenticated(account);
  bson_t info;
  BSON_APPEND_DOCUMENT_BEGIN(call.reply, "authInfo", &info);
  ArrayWriter users(&info, "authenticatedUsers");
  ArrayWriter privileges(&info, "authenticatedUserPrivileges");
  if (is_somebody) {
    users.add_document(*user_of(account.options()));
    privileges.add_document(*privilege_of(account.options().role));
  }
  users.end();
  privileges.end();
  bson_append_document_end(call.reply, &info);
  return std::nullopt;
}

CommandOutcome sasl_continue(CommandCall& call) {
  auto& conversation = call.session.conversation;
  if (!conversation || integer_field(call.body, "conversationId", 0) != kConversationId) {
    return CommandError{17, "ProtocolError", "No SASL session state found"};
  }
  std::string payload;
  bool is_done = conversation->is_proven;  // this is the empty exchange
  if (!conversation->is_proven) {
    Result<std::string> server_final = conversation->scram.final(payload_of(call.body));
    if (!server_final.is_ok()) {
      conversation.reset();
      return failed("Authentication failed.");
    }
    payload = std::move(server_final).value();
    conversation->is_proven = true;
    is_done = conversation->skips_empty_exchange;
  }
  append_step(call.reply, payload, is_done);
  if (is_done) {
    call.session.authenticated_in = conversation->era;
    conversation.reset();
  }
  return std::nullopt;
}

}  // namespace mongo_store::scripted
