// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/fault_commands.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

using Action = void (*)(CommandCall& call);

constexpr std::pair<std::string_view, Action> kActions[] = {
    {"refuseConnections", [](CommandCall& call) { call.node.door.set_open(false); }},
    {"acceptConnections", [](CommandCall& call) { call.node.door.set_open(true); }},
    {"cutConnections",
     [](CommandCall& call) { call.node.door.cut_others(call.session.connection_id); }},
    {"revokeAuthentication", [](CommandCall& call) { call.node.account.revoke(); }},
    {"acceptAuthentication", [](CommandCall& call) { call.node.account.accept(); }},
};

}  // namespace

CommandOutcome configure_fail_point(CommandCall& call) {
  const Result<std::int64_t> count = call.node.fail_points.configure(call.body);
  if (!count.is_ok()) return CommandError::bad_value(count.message());
  BSON_APPEND_INT64(call.reply, "count", count.value());
  return std::nullopt;
}

CommandOutcome simulate(CommandCall& call) {
  const std::string_view name = text_field(call.body, "simulate");
  const auto* action = std::find_if(std::begin(kActions), std::end(kActions),
                                    [&](const auto& known) { return known.first == name; });
  if (action == std::end(kActions)) {
    return CommandError::bad_value(text("can't simulate '", name, "'"));
  }
  action->second(call);
  return std::nullopt;
}

}  // namespace mongo_store::scripted
