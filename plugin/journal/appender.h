// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/append_outcome.h"
#include "journal/segment.h"
#include "journal/segment_maker.h"
#include "journal/segment_supply.h"

namespace mongo_store::journal {

// The broker's thread's side of the journal. It copies each record to the place after the last one.
// Beyond the runway of touched pages, that costs page faults. At a segment's end it moves to a
// ready segment. It calls the disk only if no segment is ready (these cases are counted), if the
// medium isn't mapped, or under `always`. A segment joins the chain with its first record, so a
// segment in which no record could be kept leaves no trace there. One thread; others read its
// atomics. Maker and supply must outlive it.
class Appender {
 public:
  struct Settings {
    bool is_always_synced = false;
    std::uint64_t next_sequence = 1;
  };

  // `last`: the end of the recovered chain.
  Appender(Settings settings, Segment* last, SegmentMaker& maker, SegmentSupply& supply);

  AppendOutcome append(const ObjectId& id, ByteView head, ByteView payload);

  // Why the last refused record was refused, if this thread knows the reason.
  const Status& last_failure() const { return last_failure_; }
  // Any thread. The sequence number of the next record.
  std::uint64_t next_sequence() const { return next_sequence_.load(std::memory_order_acquire); }
  // Any thread. The last segment of the chain; null before the first record.
  Segment* active() const { return active_.load(std::memory_order_acquire); }
  // Any thread. Whether the last record was refused, for any reason.
  bool is_refusing() const { return is_refusing_.load(std::memory_order_relaxed); }
  // Any thread. How often no segment was ready.
  std::uint64_t inline_segments() const { return inline_segments_.load(std::memory_order_relaxed); }

 private:
  bool has_room(std::uint64_t bytes) const;
  AppendOutcome roll();
  std::unique_ptr<Segment> next_ready();
  std::span<std::byte> place_for(std::uint64_t bytes);
  Status make_durable(ByteView record);
  void link_fresh();
  AppendOutcome withdraw(Status why, std::span<std::byte> place);
  AppendOutcome refuse(AppendOutcome outcome);

  const Settings settings_;
  Segment* last_;  // owned by the chain
  SegmentMaker& maker_;
  SegmentSupply& supply_;
  Segment* segment_ = nullptr;      // null: the next record begins another segment
  std::unique_ptr<Segment> fresh_;  // the same segment, until it has a record
  std::uint64_t end_ = 0;           // the end of its records
  ByteBuffer staging_;              // if the medium isn't mapped
  Status last_failure_;
  std::atomic<Segment*> active_{nullptr};
  std::atomic<std::uint64_t> next_sequence_;
  std::atomic<bool> is_refusing_{false};
  std::atomic<std::uint64_t> inline_segments_{0};
};

}  // namespace mongo_store::journal
