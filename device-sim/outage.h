// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include "device-sim/time.h"

namespace mongo_store::device_sim {

// Prints to stderr when the first connection of the fleet fails and when the last one is back: two
// lines for each outage, regardless of the number of devices and attempts.
class Outage {
 public:
  explicit Outage(std::string broker) : broker_(std::move(broker)) {}

  void device_down(const std::string& reason, TimePoint now);
  void device_up(TimePoint now);
  void device_gone();  // it was down and won't reconnect
  bool is_over() const { return down_ == 0; }

 private:
  std::string broker_;
  std::size_t down_ = 0;
  TimePoint since_{};
};

}  // namespace mongo_store::device_sim
