// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "journal/appender.h"
#include "journal/file_system.h"
#include "journal/segment.h"
#include "journal/segment_supply.h"
#include "journal/segments_ahead.h"

namespace mongo_store::journal {

// Writes records to the disk: those appended in this run, and those that a killed run left. Closes
// segments that are sealed and synchronised. A failure is final for the bytes that it covered
// (docs/decisions/0013-synchronisation.md): it is logged, and the appender continues in another
// segment. One call covers at most a mebibyte, so that segments can be created between two calls,
// and earlier runs' segments get some milliseconds per round. Owned by Upkeep. The journal's thread
// only, as in SegmentsAhead. Everything that it is given must outlive it.
class Synchroniser {
 public:
  struct Settings {
    std::string directory;
    bool is_appender_syncing = false;  // `always`: appended records are already on the disk
  };

  // `unsynced`: the segments that a killed run left; the newest is last.
  Synchroniser(Settings settings, Segment* chain, std::vector<std::uint64_t> unsynced,
               Appender& appender, SegmentSupply& supply, SegmentsAhead& ahead, FileSystem& files,
               const Clock& clock, Logger& logger);

  // `is_last`: nothing is appended any more.
  void sync_appended(bool is_last);
  // Synchronises some of the segments of earlier runs, from `settled` on.
  void sync_recovered(const Position& settled);
  // The segment is about to be deleted. The chain continues with `next`.
  void pass(const Segment& segment, Segment* next);

  // Every record of this run below this number was synchronised, or its failure was logged.
  std::uint64_t safe_sequence() const { return safe_sequence_; }
  bool is_all_synced() const { return unsynced_.empty() && !is_any_unsafe_; }

 private:
  Status sync_segment(Segment& segment, std::uint64_t from, std::uint64_t to);
  Status sync_file(std::uint64_t number);
  void log_unsafe(std::uint64_t first_sequence, const Status& why);

  const Settings settings_;
  Segment* const chain_;
  Appender& appender_;
  SegmentSupply& supply_;
  SegmentsAhead& ahead_;
  FileSystem& files_;
  const Clock& clock_;
  Logger& logger_;
  std::vector<std::uint64_t> unsynced_;
  Segment* segment_ = nullptr;  // the oldest that isn't both sealed and synchronised
  std::uint64_t offset_ = 0;    // of the synchronised bytes in it
  std::uint64_t safe_sequence_;
  bool is_any_unsafe_ = false;  // a synchronisation failed in this run
  bool is_failing_ = false;
};

}  // namespace mongo_store::journal
