// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/handshake_commands.h"

#include "base/clock.h"
#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/replica_set.h"

namespace mongo_store::scripted {
namespace {

constexpr int kSessionTimeoutMinutes = 30;

void append_limits(bson_t* reply) {
  BSON_APPEND_INT32(reply, "maxBsonObjectSize", 16 * 1024 * 1024);
  BSON_APPEND_INT32(reply, "maxMessageSizeBytes", static_cast<std::int32_t>(kMessageBytesMax));
  BSON_APPEND_INT32(reply, "maxWriteBatchSize", 100'000);
  BSON_APPEND_INT32(reply, "logicalSessionTimeoutMinutes", kSessionTimeoutMinutes);
}

void append_hosts(bson_t* reply, const std::vector<std::string>& hosts) {
  ArrayWriter array(reply, "hosts");
  for (const std::string& host : hosts) array.add_text(host);
  array.end();
}

// Drivers use it to distinguish an old primary from a new one. The first four bytes are constant,
// as in MongoDB, and the last eight are the term.
bson_oid_t election_id(std::int64_t term) {
  bson_oid_t id{{0x7f, 0xff, 0xff, 0xff}};
  for (int i = 0; i < 8; ++i) id.bytes[11 - i] = static_cast<std::uint8_t>(term >> (8 * i));
  return id;
}

// A server that isn't in a simulated set is the primary and the only member.
SetView view_of(const Node& node) {
  if (node.options.set != nullptr) return node.options.set->view(node.options.member);
  return {true, true, 1, 1, {node.address}, node.address, node.address};
}

void append_replica_set(bson_t* reply, const Node& node, const SetView& view) {
  BSON_APPEND_BOOL(reply, "secondary", view.is_member && !view.is_primary);
  if (!view.is_member) {
    BSON_APPEND_BOOL(reply, "isreplicaset", true);
    append_text(reply, "info", "Does not have a valid replica set config");
    return;
  }
  append_text(reply, "setName", node.options.replica_set);
  BSON_APPEND_INT32(reply, "setVersion", view.version);
  append_hosts(reply, view.hosts);
  if (!view.primary.empty()) append_text(reply, "primary", view.primary);
  append_text(reply, "me", view.me);
  if (!view.is_primary) return;
  const bson_oid_t id = election_id(view.term);
  BSON_APPEND_OID(reply, "electionId", &id);
}

bool is_of_set(const Node& node) {
  return !node.options.replica_set.empty() &&
         (node.options.set == nullptr || node.options.member >= 0);
}

// A client that will authenticate asks which mechanisms "DATABASE.USER" has.
void append_mechanisms(bson_t* reply, const AccountOptions& account, std::string_view user) {
  if (user.empty() || user != text(account.auth_database, ".", account.user)) return;
  ArrayWriter mechanisms(reply, "saslSupportedMechs");
  for (const ScramMechanism known : account.mechanisms) mechanisms.add_text(mechanism_name(known));
  mechanisms.end();
}

// Only a connection's first hello contains it.
void note_application(CommandCall& call) {
  const BsonView client(embedded_field(call.body, "client"));
  const BsonView application(embedded_field(client.bson(), "application"));
  const std::string_view name = text_field(application.bson(), "name");
  if (!name.empty()) call.session.app_name = name;
}

}  // namespace

CommandOutcome hello(CommandCall& call) {
  bson_t* reply = call.reply;
  const Node& node = call.node;
  note_application(call);
  const SetView view = view_of(node);
  const bool is_primary = !is_of_set(node) || (view.is_member && view.is_primary);
  BSON_APPEND_BOOL(reply, call.name == "hello" ? "isWritablePrimary" : "ismaster", is_primary);
  BSON_APPEND_BOOL(reply, "helloOk", true);
  append_limits(reply);
  BSON_APPEND_DATE_TIME(reply, "localTime", SystemClock().wall_ms());
  BSON_APPEND_INT32(reply, "connectionId", call.session.connection_id);
  BSON_APPEND_INT32(reply, "minWireVersion", 0);
  BSON_APPEND_INT32(reply, "maxWireVersion", node.options.wire_version_max);
  BSON_APPEND_BOOL(reply, "readOnly", false);
  if (is_of_set(node)) append_replica_set(reply, node, view);
  append_mechanisms(reply, node.account.options(), text_field(call.body, "saslSupportedMechs"));
  return std::nullopt;
}

CommandOutcome ping(CommandCall&) { return std::nullopt; }

CommandOutcome build_info(CommandCall& call) {
  append_text(call.reply, "version", "6.0.0");
  ArrayWriter version(call.reply, "versionArray");
  for (const int part : {6, 0, 0, 0}) version.add_int64(part);
  version.end();
  append_text(call.reply, "gitVersion", "scripted");
  BSON_APPEND_INT32(call.reply, "bits", 64);
  BSON_APPEND_INT32(call.reply, "maxBsonObjectSize", 16 * 1024 * 1024);
  return std::nullopt;
}

CommandOutcome scripted_stats(CommandCall& call) {
  call.node.counters.append_to(call.reply);
  bson_t strikes;
  BSON_APPEND_DOCUMENT_BEGIN(call.reply, "failPoints", &strikes);
  call.node.fail_points.append_to(&strikes);
  bson_append_document_end(call.reply, &strikes);
  BSON_APPEND_INT64(call.reply, "documents",
                    static_cast<std::int64_t>(call.node.store.documents()));
  return std::nullopt;
}

}  // namespace mongo_store::scripted
