// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/balance.h"

#include "base/text.h"

namespace mongo_store::broker {

std::string balance_line(const BalanceSheet& sheet) {
  const journal::SettledCounts& settled = sheet.journal.settled;
  return text("balance: appended ", sheet.journal.appended, " = stored ", settled.stored,
              " + duplicates ", settled.duplicates, " + dead_lettered ", settled.dead_lettered,
              " + damaged ", settled.damaged, " + pending ", sheet.journal.pending,
              "; since start: received ", sheet.broker.received, " = appended ",
              sheet.broker.appended, " + refused ", sheet.broker.refused, " + unkept ",
              sheet.broker.unkept, " + ignored ", sheet.broker.ignored);
}

}  // namespace mongo_store::broker
