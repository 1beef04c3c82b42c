// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace mongo_store::cli {
namespace {

constexpr std::uint64_t kLookEvery = 256;  // documents between two looks at the clock

}  // namespace

Progress::Progress(std::string noun)
    : noun_(std::move(noun)),
      is_terminal_(isatty(STDERR_FILENO) == 1),
      interval_(std::chrono::seconds(is_terminal_ ? 1 : 30)),
      next_(Clock::now() + interval_) {}

Progress::~Progress() {
  if (is_line_open_) (void)std::fputc('\n', stderr);
}

void Progress::on_document(const bson_t& /*document*/) {
  if (++count_ % kLookEvery == 0 && Clock::now() >= next_) print();
}

void Progress::print() {
  (void)std::fprintf(stderr,
                     is_terminal_ ? "\rmongo-store: %llu %s read" : "mongo-store: %llu %s read\n",
                     static_cast<unsigned long long>(count_), noun_.c_str());
  is_line_open_ = is_terminal_;
  next_ = Clock::now() + interval_;
}

}  // namespace mongo_store::cli
