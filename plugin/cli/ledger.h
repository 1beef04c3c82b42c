// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"

namespace mongo_store::cli {

// Sequence numbers are JSON numbers: a double holds every whole number up to here.
inline constexpr std::uint64_t kSequenceMax = std::uint64_t{1} << 53U;

// A line of a ledger of device-sim: one message. docs/audit.md has the format.
struct LedgerLine {
  std::string device;
  std::uint64_t sequence = 0;
  bool is_acknowledged = false;
  std::uint32_t sends = 0;  // at least 1
  bool has_message_id = false;
};

// `line` has no newline. kRefuse: what is wrong with it, and what is accepted.
Result<LedgerLine> parse_ledger_line(const std::string& line);

struct LedgerSize {
  std::uint64_t lines = 0;
  // The last line has no newline, as after a full disk or a power failure: it isn't counted.
  bool is_cut_short = false;
};

// Calls `on_line` for each line in the order of the file, with at most one line in memory. kRefuse:
// a line is malformed or longer than 64 KiB; the message names file and line. kIo: the file can't
// be read.
Result<LedgerSize> read_ledger(const std::string& path,
                               const std::function<void(const LedgerLine&)>& on_line);

}  // namespace mongo_store::cli
