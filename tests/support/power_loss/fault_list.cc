// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/power_loss/fault_list.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"

namespace mongo_store::test {
namespace {

Fault fault_of(const std::string& error, const FileCall& call) {
  const std::string message = text("can't ", call.name, ' ', call.path, ": a fault of the test");
  if (error == "KILL") kill(getpid(), SIGKILL);
  if (error == "EIO") return {Status::io(message)};
  return {Status::no_space(message), error == "SHORT"};
}

bool is_error(const std::string& error) {
  return error == "KILL" || error == "EIO" || error == "ENOSPC" || error == "SHORT";
}

}  // namespace

Fault FaultList::next(const FileCall& call) {
  load_if_changed();
  for (Line& line : lines_) {
    if (line.call != "*" && line.call != call.name) continue;
    if (line.path_end != "*" && !call.path.ends_with(line.path_end)) continue;
    ++line.seen;
    if (line.seen >= line.first && line.seen - line.first < line.count) {
      return fault_of(line.error, call);
    }
  }
  return {};
}

void FaultList::load_if_changed() {
  std::ifstream file(path_);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  if (content == content_) return;
  content_ = std::move(content);
  lines_.clear();
  std::istringstream lines(content_);
  for (std::string one; std::getline(lines, one);) {
    std::istringstream words(one);
    Line line;
    words >> line.call >> line.path_end >> line.error;
    if (line.call.empty()) continue;
    if (!is_error(line.error)) {
      std::fprintf(stderr, "power loss: no line of faults: %s\n", one.c_str());
      std::abort();
    }
    words >> line.first >> line.count;
    // Missing numbers are zero.
    line.first = std::max<std::uint64_t>(line.first, 1);
    if (line.count == 0) line.count = UINT64_MAX;
    lines_.push_back(line);
  }
}

}  // namespace mongo_store::test
