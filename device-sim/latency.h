// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mongo_store::device_sim {

// A histogram of latencies. It has a fixed size of 8 KiB. Quantiles are at most 1/16 too high; the
// maximum is exact.
class Latency {
 public:
  void add(std::chrono::microseconds latency);
  bool is_empty() const { return count_ == 0; }
  // The latency that the given part (0 to 1) of all doesn't exceed; 0 if there are none.
  std::chrono::microseconds quantile(double part) const;
  std::chrono::microseconds max() const { return std::chrono::microseconds(max_us_); }

 private:
  static constexpr std::size_t kBuckets = 1024;

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_us_ = 0;
};

}  // namespace mongo_store::device_sim
