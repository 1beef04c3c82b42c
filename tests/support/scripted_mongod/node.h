// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <utility>

#include "tests/support/scripted_mongod/account.h"
#include "tests/support/scripted_mongod/command_counters.h"
#include "tests/support/scripted_mongod/cursor.h"
#include "tests/support/scripted_mongod/document_store.h"
#include "tests/support/scripted_mongod/door.h"
#include "tests/support/scripted_mongod/fail_points.h"

namespace mongo_store::scripted {

class ReplicaSet;

struct NodeOptions {
  std::string replica_set;    // empty: a standalone server
  ReplicaSet* set = nullptr;  // must outlive it; null: a set with this single member, or none
  int member = -1;            // in `set`; -1: its control address
  int wire_version_max = 17;
  AccountOptions account;
};

// One server: its options and its data. All its connections share it; each part is thread-safe.
struct Node {
  Node(NodeOptions its_options, std::string its_address)
      : options(std::move(its_options)),
        address(std::move(its_address)),
        account(options.account) {}

  const NodeOptions options;
  const std::string address;  // HOST:PORT, as clients reach it
  Account account;
  DocumentStore store;
  CursorTable cursors;
  CommandCounters counters;
  FailPoints fail_points;
  Door door;
};

}  // namespace mongo_store::scripted
