// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/object_id_generator.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace mongo_store {

ObjectIdGenerator::ObjectIdGenerator(const ObjectId& last, std::int64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_ms, 0) / 1000);
  seconds_ = last.is_zero() ? now : std::max(now, last.seconds() + 1);
  while (getrandom(random_, sizeof(random_), 0) != static_cast<ssize_t>(sizeof(random_))) {
  }
}

ObjectId ObjectIdGenerator::next(std::int64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_ms, 0) / 1000);
  if (now > seconds_) {
    seconds_ = now;
    counter_ = 0;
  } else if (counter_ == kCountersPerSecond) {
    ++seconds_;
    counter_ = 0;
  }
  ObjectId id;
  for (int i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::byte>(seconds_ >> (24 - 8 * i));
  std::memcpy(&id.bytes[4], random_, sizeof(random_));
  for (int i = 0; i < 3; ++i) id.bytes[9 + i] = static_cast<std::byte>(counter_ >> (16 - 8 * i));
  ++counter_;
  return id;
}

}  // namespace mongo_store
