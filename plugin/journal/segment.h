// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "journal/file_system.h"
#include "journal/format.h"

namespace mongo_store::journal {

// One segment file, as a link of the chain that the three sides of a journal walk without a lock:
// the broker's thread appends to the last one, the reader follows, and the journal's own thread,
// which alone closes and deletes, comes behind both.
struct Segment {
  Segment(std::uint64_t segment_number, std::uint64_t segment_epoch,
          std::uint64_t segment_bytes = kSegmentBytes)
      : number(segment_number), epoch(segment_epoch), bytes(segment_bytes) {}

  const std::uint64_t number;  // rises along the chain
  const std::uint64_t epoch;   // 0: of an earlier run, its header tells
  // Its bytes under the bound: its file's, or for one of an earlier run the most that may be.
  const std::uint64_t bytes;

  // What it is appended to by. Set before it is linked; taken away by the journal's thread once it
  // is sealed (has a next one) and synchronised. None in a segment of an earlier run.
  std::unique_ptr<File> file;
  std::unique_ptr<Mapping> mapping;  // none where the medium doesn't keep its allocation promise

  // While it is made, and where that failed: its file may have no name of a segment yet.
  bool is_unfinished = false;
  // Abandoned, and its file removed.
  bool is_gone = false;
  // Of the first record appended to it; set before it is linked. 0: of an earlier run.
  std::uint64_t first_sequence = 0;
  // Where the numbers of earlier runs end; set in their last segment (or the sentinel) only. What
  // is between the last record that can be read and this went with damage.
  std::uint64_t end_sequence = 0;
  // Everything before this offset is whole. Written by the broker's thread only; in a segment of an
  // earlier run the file's end, as the reader finds out where its records end.
  std::atomic<std::uint64_t> committed{kFirstRecordOffset};
  std::atomic<Segment*> next{nullptr};

  bool is_sealed() const { return next.load(std::memory_order_acquire) != nullptr; }
};

}  // namespace mongo_store::journal
