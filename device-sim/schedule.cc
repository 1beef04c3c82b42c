// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/schedule.h"

namespace mongo_store::device_sim {

void Schedule::set(std::size_t device, TimePoint time) {
  if (times_[device] == time) return;
  if (times_[device] != kNever) order_.erase({times_[device], device});
  if (time != kNever) order_.insert({time, device});
  times_[device] = time;
}

TimePoint Schedule::next() const { return order_.empty() ? kNever : order_.begin()->first; }

std::vector<std::size_t> Schedule::take_due(TimePoint now) {
  std::vector<std::size_t> due;
  while (!order_.empty() && order_.begin()->first <= now) {
    const std::size_t device = order_.begin()->second;
    due.push_back(device);
    set(device, kNever);
  }
  return due;
}

}  // namespace mongo_store::device_sim
