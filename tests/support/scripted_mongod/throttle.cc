// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/throttle.h"

#include <algorithm>

namespace mongo_store::scripted {

bool Throttle::admits() {
  const MutexLock lock(mutex_);
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> passed = now - filled_at_;
  filled_at_ = now;
  room_ = std::min(rate_, room_ + passed.count() * rate_);
  if (room_ < 1) return false;
  room_ -= 1;
  return true;
}

}  // namespace mongo_store::scripted
