// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/backoff.h"

#include <algorithm>

namespace mongo_store::device_sim {
namespace {

constexpr std::chrono::milliseconds kFirst{200};
constexpr std::chrono::milliseconds kLongest{10000};
constexpr int kDoublingsMax = 6;  // enough to exceed the longest pause

}  // namespace

std::chrono::milliseconds Backoff::next(Random& random) {
  const auto whole = std::min(kFirst * (1 << failures_), kLongest);
  failures_ = std::min(failures_ + 1, kDoublingsMax);
  std::uniform_int_distribution<std::chrono::milliseconds::rep> jitter(whole.count() / 2,
                                                                       whole.count());
  return std::chrono::milliseconds(jitter(random));
}

}  // namespace mongo_store::device_sim
