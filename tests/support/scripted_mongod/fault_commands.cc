// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/fault_commands.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/replica_set.h"

namespace mongo_store::scripted {
namespace {

using Action = void (*)(Node& node, std::int32_t asking_connection);

constexpr std::pair<std::string_view, Action> kActions[] = {
    {"refuseConnections", [](Node& node, std::int32_t) { node.door.set_open(false); }},
    {"acceptConnections", [](Node& node, std::int32_t) { node.door.set_open(true); }},
    {"cutConnections", [](Node& node, std::int32_t asking) { node.door.cut_others(asking); }},
    {"revokeAuthentication", [](Node& node, std::int32_t) { node.account.revoke(); }},
    {"acceptAuthentication", [](Node& node, std::int32_t) { node.account.accept(); }},
};

// Calls `act` for the server that received the command, or at the control address for every member.
void for_each_meant(CommandCall& call, const std::function<void(Node&)>& act) {
  const NodeOptions& options = call.node.options;
  if (options.set != nullptr && options.member < 0) {
    options.set->for_each_node(act);
  } else {
    act(call.node);
  }
}

}  // namespace

CommandOutcome configure_fail_point(CommandCall& call) {
  std::int64_t total = 0;
  Status status;
  for_each_meant(call, [&](Node& node) {
    const Result<std::int64_t> count = node.fail_points.configure(call.body);
    if (!count.is_ok()) {
      status = count.status();
    } else {
      total += count.value();
    }
  });
  if (!status.is_ok()) return CommandError::bad_value(status.message());
  BSON_APPEND_INT64(call.reply, "count", total);
  return std::nullopt;
}

CommandOutcome simulate(CommandCall& call) {
  const std::string_view name = text_field(call.body, "simulate");
  const auto* action = std::find_if(std::begin(kActions), std::end(kActions),
                                    [&](const auto& known) { return known.first == name; });
  if (action == std::end(kActions)) {
    ReplicaSet* set = call.node.options.set;
    if (set != nullptr) return set->simulate(call.body, call.reply);
    return CommandError::bad_value(text("can't simulate '", name, "'"));
  }
  const bool is_control = call.node.options.set != nullptr && call.node.options.member < 0;
  const std::int32_t asking = is_control ? 0 : call.session.connection_id;
  for_each_meant(call, [&](Node& node) { action->second(node, asking); });
  return std::nullopt;
}

}  // namespace mongo_store::scripted
