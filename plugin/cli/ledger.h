// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"

namespace mongo_store::cli {

// Sequence numbers are JSON numbers: doubles hold each whole one up to here.
inline constexpr std::uint64_t kSequenceMax = std::uint64_t{1} << 53U;

// What one line of a ledger of device-sim's says of a message, as docs/audit.md has it.
struct LedgerLine {
  std::string device;
  std::uint64_t sequence = 0;
  bool is_acknowledged = false;
  std::uint32_t sends = 0;  // at least 1
  bool has_message_id = false;
};

// `line` is without its newline. kRefuse: what is wrong with it, and what is accepted.
Result<LedgerLine> parse_ledger_line(const std::string& line);

struct LedgerSize {
  std::uint64_t lines = 0;
  // A last line without its newline, which a full disk or a power failure leaves: it is not
  // counted.
  bool is_cut_short = false;
};

// Calls `on_line` for each line, in the order of the file, with no more than one line in memory.
// kRefuse names file and line: one isn't a ledger's, or is longer than 64 KiB; kIo: the file can't
// be read.
Result<LedgerSize> read_ledger(const std::string& path,
                               const std::function<void(const LedgerLine&)>& on_line);

}  // namespace mongo_store::cli
