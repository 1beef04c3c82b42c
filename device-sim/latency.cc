// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mongo_store::device_sim {
namespace {

// 16 buckets for each power of two; values below 16 have one bucket each.
constexpr unsigned kPartBits = 4;
constexpr std::uint64_t kParts = 1U << kPartBits;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kParts) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kPartBits - 1;
  return (shift << kPartBits) + (value >> shift);
}

std::uint64_t last_of_bucket(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket >> kPartBits) - 1;
  const std::uint64_t first = (kParts + (bucket & (kParts - 1))) << shift;
  return first + ((std::uint64_t{1} << shift) - 1);
}

}  // namespace

void Latency::add(std::chrono::microseconds latency) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  ++buckets_[std::min(bucket_of(us), kBuckets - 1)];
  ++count_;
  max_us_ = std::max(max_us_, us);
}

std::chrono::microseconds Latency::quantile(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) {
      return std::chrono::microseconds(std::min(last_of_bucket(bucket), max_us_));
    }
  }
  return std::chrono::microseconds(0);
}

}  // namespace mongo_store::device_sim
