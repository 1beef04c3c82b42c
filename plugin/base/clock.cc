// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/clock.h"

#include <ctime>

namespace mongo_store {
namespace {

std::int64_t read_ns(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::wall_ms() const { return read_ns(CLOCK_REALTIME) / 1'000'000; }
std::int64_t SystemClock::monotonic_ns() const { return read_ns(CLOCK_MONOTONIC); }

}  // namespace mongo_store
