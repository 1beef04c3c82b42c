// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/outage.h"

#include <cstdio>

namespace mongo_store::device_sim {

void Outage::device_down(const std::string& reason, TimePoint now) {
  if (++down_ > 1) return;
  since_ = now;
  (void)std::fprintf(stderr, "device-sim: no connection to %s: %s; trying again\n", broker_.c_str(),
                     reason.c_str());
}

void Outage::device_up(TimePoint now) {
  if (--down_ > 0) return;
  const std::chrono::duration<double> seconds = now - since_;
  (void)std::fprintf(stderr, "device-sim: connected to %s after %.1f s\n", broker_.c_str(),
                     seconds.count());
}

void Outage::device_gone() { --down_; }

}  // namespace mongo_store::device_sim
