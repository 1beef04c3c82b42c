// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "journal/segment.h"
#include "journal/segment_maker.h"
#include "journal/segment_supply.h"

namespace mongo_store::journal {

enum class AppendOutcome {
  kAppended,  // it survives the end of the process; with `always`, a power loss too
  kFull,      // the bound is reached or the disk is full: nothing was kept
  kFailed,    // the disk failed, or the record is over its bound: nothing was kept
};

// The broker's thread's side of the journal. Copies each record behind the last one; past the
// runway that costs page faults, at a segment's end the taking of a ready one. It asks the disk for
// something only where no segment stands ready (counted), where the medium isn't mapped, and under
// `always`. One thread; the others read its atomics. Maker and supply outlive it.
class Appender {
 public:
  struct Settings {
    bool is_always_synced = false;
    std::uint64_t next_sequence = 1;
  };

  // `last`: the end of the chain as recovered.
  Appender(Settings settings, Segment* last, SegmentMaker& maker, SegmentSupply& supply);

  AppendOutcome append(const ObjectId& id, ByteView head, ByteView payload);

  // Any thread. The sequence number that the next record will have.
  std::uint64_t next_sequence() const { return next_sequence_.load(std::memory_order_acquire); }
  // Any thread. The segment being appended to; none before the first record.
  Segment* active() const { return active_.load(std::memory_order_acquire); }
  // Any thread. No room was found for the last record.
  bool is_refusing() const { return is_refusing_.load(std::memory_order_relaxed); }
  // Any thread. How often no segment stood ready.
  std::uint64_t inline_segments() const { return inline_segments_.load(std::memory_order_relaxed); }

 private:
  bool has_room(std::uint64_t bytes) const;
  bool roll();
  std::unique_ptr<Segment> take_ready();
  std::span<std::byte> place_for(std::uint64_t bytes);
  Status make_durable(ByteView record);
  AppendOutcome give_up(const Status& why, std::span<std::byte> place);

  const Settings settings_;
  Segment* last_;
  SegmentMaker& maker_;
  SegmentSupply& supply_;
  std::uint64_t end_ = 0;  // of the active segment's records
  bool is_sealed_ = true;  // the active segment takes no more
  ByteBuffer staging_;     // where the medium isn't mapped
  std::atomic<Segment*> active_{nullptr};
  std::atomic<std::uint64_t> next_sequence_;
  std::atomic<bool> is_refusing_{false};
  std::atomic<std::uint64_t> inline_segments_{0};
};

}  // namespace mongo_store::journal
