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

// Creates and removes segment files. Each file is reserved, gets a header, is synchronised, and is
// then named. Its size is counted in the budget before it is created, and released only when the
// file is gone. A file that can't be removed now is abandoned, and its removal is retried. Any
// thread. Every call except abandon() waits for the disk. The budget, the file system and the clock
// must outlive it.
class SegmentMaker {
 public:
  struct Settings {
    std::string directory;
    ByteBuffer context;
    bool is_mapped = true;
    std::uint64_t first_number = 1;
    std::uint64_t touched_bytes = 64ULL * 1024;  // of each new segment, made writable in advance
  };

  SegmentMaker(Settings settings, FileSystem& files, SpaceBudget& budget, const Clock& clock)
      : settings_(std::move(settings)),
        files_(files),
        budget_(budget),
        clock_(clock),
        next_number_(settings_.first_number) {}
  ~SegmentMaker();
  SegmentMaker(const SegmentMaker&) = delete;
  SegmentMaker& operator=(const SegmentMaker&) = delete;

  // Creates a whole segment, or a smaller one that uses up the bound. kRetry: the bound is reached.
  // kNoSpace: the disk is full.
  Result<std::unique_ptr<Segment>> make();
  // Any thread. The number of the next segment.
  std::uint64_t next_number() const { return next_number_.load(std::memory_order_relaxed); }
  // Any thread. The free bytes of the file system when there was last no room for a segment.
  std::uint64_t disk_free_bytes() const { return disk_free_bytes_.load(std::memory_order_relaxed); }
  // Removes a segment's file and releases its size. After a failure the size still counts.
  Status remove(const Segment& segment);
  // The segment contains nothing that was acknowledged, so its file is to be removed. Never waits.
  void abandon(std::unique_ptr<Segment> segment) noexcept;
  // Tries to remove the files of all abandoned segments. Only the journal's thread deletes their
  // objects, because it may still use one that it created.
  Status remove_abandoned(bool is_journal_thread);

 private:
  std::uint64_t reserve();
  Status make_file(Segment& segment);
  Status fill(Segment& segment, const std::string& path);
  std::string path_of(const Segment& segment) const;

  const Settings settings_;
  FileSystem& files_;
  SpaceBudget& budget_;
  const Clock& clock_;
  std::atomic<std::uint64_t> next_number_;
  std::atomic<std::uint64_t> disk_free_bytes_{0};
  std::atomic<Segment*> abandoned_{nullptr};  // a stack, linked by Segment::next
};

}  // namespace mongo_store::journal
