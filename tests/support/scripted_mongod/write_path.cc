// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/write_path.h"

#include <utility>

#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

bool allows_secondary(const bson_t& body) {
  const BsonView preference(embedded_field(body, "$readPreference"));
  const std::string_view mode = text_field(preference.bson(), "mode");
  return !mode.empty() && mode != "primary";
}

RetryableWrite retryable_in(const bson_t& body) {
  const std::int64_t number = integer_field(body, "txnNumber", -1);
  if (number < 0) return {};
  return {std::string(as_text(embedded_field(body, "lsid"))), number};
}

// The default is the majority, as in MongoDB since 5.0.
WriteConcern concern_in(const bson_t& body) {
  const BsonView concern(embedded_field(body, "writeConcern"));
  WriteConcern parsed;
  parsed.members = integer_field(concern.bson(), "w", -1);
  parsed.is_majority = parsed.members < 0;
  parsed.timeout_ms = integer_field(concern.bson(), "wtimeout", 0);
  return parsed;
}

}  // namespace

CommandOutcome enter_for_reading(CommandCall& call) {
  ReplicaSet* set = call.node.options.set;
  if (set == nullptr) return std::nullopt;
  const int id = call.node.options.member;
  if (id < 0) {
    std::tie(call.store, call.visible_to) = set->committed();
    return std::nullopt;
  }
  const SetView view = set->view(id);
  if (!view.is_member) {
    return CommandError{13436, "NotPrimaryOrSecondary", "this server is no member of its set"};
  }
  if (!view.is_primary && !allows_secondary(call.body)) {
    return CommandError{13435, "NotPrimaryNoSecondaryOk", "not primary and secondaryOk=false"};
  }
  if (read_concern_level(call.body) == "majority") call.visible_to = set->commit_point(id);
  return std::nullopt;
}

CommandOutcome write(CommandCall& call, LogEntry::Kind kind, const std::string& target,
                     const Apply& apply) {
  static const std::set<std::size_t> kNone;
  LogEntry entry;
  entry.kind = kind;
  entry.target = target;
  entry.retryable = retryable_in(call.body);
  ReplicaSet* set = call.node.options.set;
  if (set == nullptr) {
    Change change{call.node.store, 0, entry, kNone};
    apply(change);
    return std::nullopt;
  }
  WritePoint written;
  CommandOutcome error = set->write(call.node.options.member, std::move(entry), apply, written);
  if (!error) call.written = written;
  return error;
}

std::optional<BsonDocument> await_write_concern(CommandCall& call) {
  if (!call.written) return std::nullopt;
  return call.node.options.set->await(call.node.options.member, *call.written,
                                      concern_in(call.body), call.session.is_cut);
}

}  // namespace mongo_store::scripted
