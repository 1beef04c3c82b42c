// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// The function that libFuzzer calls, or replay_main.cc if there is no libFuzzer. The name is
// libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace mongo_store::fuzz {

// A check in every build type. It ends the process, which tells the fuzzer that there is a finding.
inline void require(bool is_true, const char* what) {
  if (is_true) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

}  // namespace mongo_store::fuzz
