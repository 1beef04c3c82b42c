// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/power_loss/power_loss_file_system.h"

namespace mongo_store::test {

// Faults from a file that may change at any time; README.md describes it. A line that can't be read
// ends the process. One thread at a time.
class FaultList {
 public:
  explicit FaultList(std::string path) : path_(std::move(path)) {}

  // The result of this call. A call that kills the process doesn't return.
  Fault next(const FileCall& call);

 private:
  struct Line {
    std::string call;      // "*": any
    std::string path_end;  // "*": any
    std::string error;
    std::uint64_t first = 1;
    std::uint64_t count = UINT64_MAX;
    std::uint64_t seen = 0;  // calls that the fault applies to
  };

  void load_if_changed();

  const std::string path_;
  std::string content_;
  std::vector<Line> lines_;
};

}  // namespace mongo_store::test
