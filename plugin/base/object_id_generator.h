// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "base/object_id.h"

namespace mongo_store {

// Gives out ObjectIds that rise strictly, whatever the clock does and however many there are in a
// second: the seconds never go back, and a second whose 2^24 are used up borrows from the next one.
// One thread; no allocation, no system call after construction.
class ObjectIdGenerator {
 public:
  // `last`: the greatest that an earlier run may have given out, zero where there is none. The
  // first one is later than it in its seconds, with a fresh random part, so that it is new even
  // where `last` has been lost.
  ObjectIdGenerator(const ObjectId& last, std::int64_t now_ms);

  ObjectId next(std::int64_t now_ms);

 private:
  static constexpr std::uint32_t kCountersPerSecond = 1U << 24;

  std::uint32_t seconds_ = 0;
  std::uint32_t counter_ = 0;  // of the next one in this second
  std::byte random_[5] = {};
};

}  // namespace mongo_store
