// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/set_commands.h"

#include "tests/support/scripted_mongod/replica_set.h"

namespace mongo_store::scripted {
namespace {

CommandError no_set() { return {76, "NoReplicationEnabled", "this server is of no simulated set"}; }

}  // namespace

CommandOutcome step_down(CommandCall& call) {
  const NodeOptions& node = call.node.options;
  if (node.set == nullptr) return no_set();
  const int kept = node.member < 0 ? 0 : call.session.connection_id;
  return node.set->step_down(node.member, call.body, kept);
}

CommandOutcome set_status(CommandCall& call) {
  if (call.node.options.set == nullptr) return no_set();
  call.node.options.set->append_status(call.reply);
  return std::nullopt;
}

}  // namespace mongo_store::scripted
