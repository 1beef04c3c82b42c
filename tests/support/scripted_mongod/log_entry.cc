// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/log_entry.h"

#include <algorithm>

namespace mongo_store::scripted {

void LogEntry::apply(DocumentStore& store, LogPosition position) const {
  switch (kind) {
    case Kind::kNothing: return;
    case Kind::kInsert: store.insert_shared(target, documents, position); return;
    case Kind::kDelete: store.remove(target, filter, limit); return;
    case Kind::kCreate: store.create(target); return;
    case Kind::kCreateIndex: (void)store.create_index(target, index); return;
    case Kind::kDrop: store.drop(target); return;
  }
}

LogPosition common_length(const Log& left, const Log& right) {
  LogPosition length = std::min(left.size(), right.size());
  while (length > 0 && left[length - 1] != right[length - 1]) --length;
  return length;
}

}  // namespace mongo_store::scripted
