// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include "device-sim/time.h"

namespace mongo_store::device_sim {

// Says on stderr when the fleet's connections begin to fail and when the last one is back: two
// lines an outage, however many devices and attempts it takes.
class Outage {
 public:
  explicit Outage(std::string broker) : broker_(std::move(broker)) {}

  void device_down(const std::string& reason, TimePoint now);
  void device_up(TimePoint now);
  void device_gone();  // it was down, and won't come back
  bool is_over() const { return down_ == 0; }

 private:
  std::string broker_;
  std::size_t down_ = 0;
  TimePoint since_{};
};

}  // namespace mongo_store::device_sim
