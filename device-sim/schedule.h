// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "device-sim/time.h"

namespace mongo_store::device_sim {

// When each device wants to be called next: one time a device, none for kNever.
class Schedule {
 public:
  explicit Schedule(std::size_t devices) : times_(devices, kNever) {}

  void set(std::size_t device, TimePoint time);
  // The earliest time of all; kNever when there is none.
  TimePoint next() const;
  // Takes out, and gives, the devices whose time has come.
  std::vector<std::size_t> take_due(TimePoint now);

 private:
  std::vector<TimePoint> times_;
  std::set<std::pair<TimePoint, std::size_t>> order_;
};

}  // namespace mongo_store::device_sim
