// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "journal/file_system.h"
#include "journal/format.h"

namespace mongo_store::journal {

// One segment file, as a link of the chain that three threads walk without a lock. The broker's
// thread appends to the last segment, the reader follows, and the journal's thread comes last. Only
// the journal's thread closes and deletes segments.
struct Segment {
  Segment(std::uint64_t segment_number, std::uint64_t segment_epoch,
          std::uint64_t segment_bytes = kSegmentBytes)
      : number(segment_number), epoch(segment_epoch), bytes(segment_bytes) {}

  const std::uint64_t number;  // rises along the chain
  const std::uint64_t epoch;   // 0: from an earlier run; its header has it
  // The bytes that count under the bound: the file's size, or its maximum for an earlier run's.
  const std::uint64_t bytes;

  // Used for appending. Set before the segment is linked. The journal's thread removes it once the
  // segment is sealed (has a successor) and synchronised. Null in a segment of an earlier run.
  std::unique_ptr<File> file;
  std::unique_ptr<Mapping> mapping;  // null if the medium doesn't keep its allocation promise

  // While it is being created, or if that failed: its file may not have a segment's name yet.
  bool is_unfinished = false;
  // Abandoned, and its file is removed.
  bool is_gone = false;
  // The number of the first record; set before the segment is linked. 0: from an earlier run.
  std::uint64_t first_sequence = 0;
  // The end of the sequence numbers of earlier runs; set only in their last segment (or in the
  // sentinel). Numbers between the last readable record and this one were damaged.
  std::uint64_t end_sequence = 0;
  // Everything before this offset is whole. Only the broker's thread writes it. In a segment of an
  // earlier run it is the end of the file, because only the reader finds out where the records end.
  std::atomic<std::uint64_t> committed{kFirstRecordOffset};
  std::atomic<Segment*> next{nullptr};

  bool is_sealed() const { return next.load(std::memory_order_acquire) != nullptr; }
};

}  // namespace mongo_store::journal
