// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "broker/interceptor.h"
#include "journal/journal.h"

namespace mongo_store::broker {

// The two equations that always hold:
// over the journal's life, appended = stored + duplicates + dead_lettered + damaged + pending;
// since the broker's start, received = appended_since_start + refused + unkept + ignored.
struct BalanceSheet {
  journal::Balance journal;
  Interceptor::Counts broker;
};

// For the log: "appended 5 = stored 3 + ...; since start: received 5 = ...".
std::string balance_line(const BalanceSheet& sheet);

}  // namespace mongo_store::broker
