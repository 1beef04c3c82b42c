// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <random>

namespace mongo_store::device_sim {

using Random = std::mt19937_64;

// How long to wait before the next attempt: from 200 ms, doubled up to 10 s with each failure in a
// row, and of that a random part between half and all, so that a fleet doesn't come back in step.
class Backoff {
 public:
  std::chrono::milliseconds next(Random& random);
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
};

}  // namespace mongo_store::device_sim
