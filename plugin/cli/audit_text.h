// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "cli/audit.h"

namespace mongo_store::cli {

// The ledgers that an audit read.
struct LedgerFiles {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  std::uint64_t cut_lines = 0;  // ignored
};

// Several lines for people: counts, then examples of each finding.
std::string audit_text(const AuditReport& report, const LedgerFiles& ledgers);
// The same as one line of JSON.
std::string audit_json(const AuditReport& report, const LedgerFiles& ledgers);

}  // namespace mongo_store::cli
