// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <random>

namespace mongo_store::device_sim {

using Random = std::mt19937_64;

// The pause before the next attempt. It starts at 200 ms and doubles with each consecutive failure
// up to 10 s. The actual pause is a random value between half of that and all of it, so that the
// devices of a fleet don't reconnect at the same moment.
class Backoff {
 public:
  std::chrono::milliseconds next(Random& random);
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
};

}  // namespace mongo_store::device_sim
