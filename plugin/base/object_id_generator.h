// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "base/object_id.h"

namespace mongo_store {

// Generates strictly increasing ObjectIds, whatever the clock does and however many there are in a
// second. The seconds never go back. After the 2^24 identifiers of a second are used up, those of
// the next second are used. One thread only. No allocation or system call after construction.
class ObjectIdGenerator {
 public:
  // `last` is the greatest identifier that an earlier run may have used, or zero. The first new
  // identifier has later seconds than `last` and a fresh random part, so it is new even if `last`
  // was lost.
  ObjectIdGenerator(const ObjectId& last, std::int64_t now_ms);

  ObjectId next(std::int64_t now_ms);

 private:
  static constexpr std::uint32_t kCountersPerSecond = 1U << 24;

  std::uint32_t seconds_ = 0;
  std::uint32_t counter_ = 0;  // of the next one in this second
  std::byte random_[5] = {};
};

}  // namespace mongo_store
