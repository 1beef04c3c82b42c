// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "journal/file_system.h"
#include "journal/segment.h"
#include "journal/space_budget.h"

namespace mongo_store::journal {

// Makes segment files: reserved, headed, synchronised, named. Any thread; each call waits for the
// disk. The budget, file system and clock outlive it.
class SegmentMaker {
 public:
  struct Settings {
    std::string directory;
    ByteBuffer context;
    bool is_mapped = true;
    std::uint64_t first_number = 1;
    std::uint64_t touched_bytes = 64ULL * 1024;  // of each new segment, made writable beforehand
  };

  SegmentMaker(Settings settings, FileSystem& files, SpaceBudget& budget, const Clock& clock)
      : settings_(std::move(settings)),
        files_(files),
        budget_(budget),
        clock_(clock),
        next_number_(settings_.first_number) {}

  // kNoSpace: the bound is reached, or the disk is full. A failure leaves no file behind.
  Result<std::unique_ptr<Segment>> make();
  // Any thread. Of the next segment.
  std::uint64_t next_number() const { return next_number_.load(std::memory_order_relaxed); }
  // Whether journal_max_bytes leaves no room for another one.
  bool is_at_bound() const { return budget_.used() + kSegmentBytes > budget_.bytes_max(); }
  // Removes a segment's file and gives its room back.
  Status remove(const Segment& segment);

 private:
  Status make_file(Segment& segment);
  Status fill(Segment& segment, const std::string& path);

  const Settings settings_;
  FileSystem& files_;
  SpaceBudget& budget_;
  const Clock& clock_;
  std::atomic<std::uint64_t> next_number_;
};

}  // namespace mongo_store::journal
