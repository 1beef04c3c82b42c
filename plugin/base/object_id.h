// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mongo_store {

// A MongoDB ObjectId as 12 bytes: seconds since 1970 (4, big-endian), random (5), counter (3,
// big-endian); see https://www.mongodb.com/docs/manual/reference/bson-types/#objectid. Comparison
// is by bytes, which is MongoDB's order.
struct ObjectId {
  static constexpr std::size_t kBytes = 12;
  std::array<std::byte, kBytes> bytes{};

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm
  auto operator<=>(const ObjectId&) const = default;
  bool is_zero() const { return *this == ObjectId{}; }
  std::uint32_t seconds() const;
  std::string hex() const;
};

}  // namespace mongo_store
