// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "device-sim/time.h"

namespace mongo_store::device_sim {

// When to call each device next: one time for each device; kNever: not at all.
class Schedule {
 public:
  explicit Schedule(std::size_t devices) : times_(devices, kNever) {}

  void set(std::size_t device, TimePoint time);
  // The earliest time; kNever if there is none.
  TimePoint next() const;
  // Removes and returns the devices whose time has come.
  std::vector<std::size_t> take_due(TimePoint now);

 private:
  std::vector<TimePoint> times_;
  std::set<std::pair<TimePoint, std::size_t>> order_;
};

}  // namespace mongo_store::device_sim
