// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "journal/append_outcome.h"
#include "journal/segment.h"

namespace mongo_store::journal {

// A ring between one producer thread and one consumer thread, which never wait for each other.
template <std::size_t kCapacity>
class SegmentRing {
 public:
  SegmentRing() = default;
  ~SegmentRing() {
    while (take() != nullptr) {
    }
  }
  SegmentRing(const SegmentRing&) = delete;
  SegmentRing& operator=(const SegmentRing&) = delete;

  std::size_t size() const {
    return put_.load(std::memory_order_acquire) - taken_.load(std::memory_order_acquire);
  }
  // The consumer thread only. The number of segments that are available now.
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    const std::size_t end = put_.load(std::memory_order_acquire);
    for (std::size_t at = taken_.load(std::memory_order_relaxed); at != end; ++at) {
      sum += slots_[at % kCapacity]->bytes;
    }
    return sum;
  }
  bool put(std::unique_ptr<Segment>& segment) {
    const std::size_t at = put_.load(std::memory_order_relaxed);
    if (at - taken_.load(std::memory_order_acquire) == kCapacity) return false;
    slots_[at % kCapacity] = std::move(segment);
    put_.store(at + 1, std::memory_order_release);
    return true;
  }
  std::unique_ptr<Segment> take() {
    const std::size_t at = taken_.load(std::memory_order_relaxed);
    if (at == put_.load(std::memory_order_acquire)) return nullptr;
    std::unique_ptr<Segment> segment = std::move(slots_[at % kCapacity]);
    taken_.store(at + 1, std::memory_order_release);
    return segment;
  }

 private:
  std::array<std::unique_ptr<Segment>, kCapacity> slots_;
  std::atomic<std::size_t> put_{0};
  std::atomic<std::size_t> taken_{0};
};

// The journal's thread and the broker's thread exchange segments here, without a lock.
struct SegmentSupply {
  static constexpr std::size_t kReady = 2;

  SegmentRing<kReady> ready;  // created in advance: from the journal's thread to the broker's
  // The outcome of the last try to create a segment. Unless it is kAppended, the broker's thread
  // needn't try as well.
  std::atomic<AppendOutcome> shortage{AppendOutcome::kAppended};
  // Appended records can't be synchronised: continue in another segment.
  std::atomic<bool> must_seal{false};
};

}  // namespace mongo_store::journal
