// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/unit/journal/workbench.h"

// A one-segment journal with records of one length, as a broker left it.
namespace mongo_store::journal {

inline constexpr std::size_t kBody = 200;
inline constexpr std::uint64_t kRecord = 232;  // header and body, a multiple of the alignment

inline std::uint64_t offset_of(std::uint64_t n) { return kFirstRecordOffset + (n - 1) * kRecord; }

// Leaves records 1 to n in a segment, after an orderly or unclean end.
inline void leave(Workbench& bench, std::uint64_t n, bool is_clean) {
  bench.must_open();
  bench.must_append(1, n, kBody);
  if (is_clean) {
    bench.close();
  } else {
    bench.crash();
  }
}

inline std::uint64_t damaged_count(const Workbench& bench) {
  return bench.journal->balance().settled.damaged;
}

}  // namespace mongo_store::journal
