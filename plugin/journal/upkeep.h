// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "journal/appender.h"
#include "journal/checkpoint_file.h"
#include "journal/segment.h"
#include "journal/segment_maker.h"
#include "journal/segment_supply.h"

namespace mongo_store::journal {

// The journal's own thread: makes segments ahead of need, keeps a short runway of touched pages
// ahead of the append position, synchronises what was appended, stores checkpoints, and retires
// what they leave behind, in this order: checkpoint durable, file unlinked, folder synchronised.
// Everything it is given outlives it.
class Upkeep {
 public:
  struct Settings {
    std::int64_t sync_interval_ms = 100;  // 0: the appender synchronises by itself
    std::uint64_t runway_bytes_max = 2ULL * 1024 * 1024;
    std::string directory;
    bool is_appended_to = true;  // false: no segment is made
  };

  Upkeep(Settings settings, Segment* chain, CheckpointFile& checkpoint, Appender& appender,
         SegmentMaker& maker, SegmentSupply& supply, FileSystem& files, const Clock& clock,
         Logger& logger);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // Stores a checkpoint that says "not clean", so that what this run leaves is looked at with that
  // in mind; fails where that can't be stored for another reason than want of room.
  Status start() EXCLUDES(mutex_);
  // Any thread. Replaces what the next checkpoint will say.
  void offer(const Checkpoint& checkpoint) EXCLUDES(mutex_);
  // Ends the thread, then synchronises, stores a last checkpoint (clean where `is_clean`), and
  // removes the segments that stood ready. Nothing may be appended any more. Idempotent.
  void stop(bool is_clean) EXCLUDES(mutex_);

 private:
  void run() noexcept;
  bool wait_for_round() EXCLUDES(mutex_);
  void tick();
  struct Runway {
    std::uint64_t number = 0;  // of its segment
    Segment* segment = nullptr;
    std::uint64_t end = 0;  // of what was touched
  };

  void keep_ahead();
  void remove_abandoned();
  void supply_segments();
  bool supply_one();
  void extend_runway();
  void touch(Runway& runway, std::uint64_t from, std::uint64_t count);
  void sync_appended(bool is_last);
  Status sync_segment(Segment& segment, std::uint64_t from, std::uint64_t to);
  void sync_recovered();
  Status sync_file(std::uint64_t number);
  void tell_unsafe(std::uint64_t first_sequence, const Status& why);
  Status store_checkpoint(bool is_clean) EXCLUDES(mutex_);
  Status write_checkpoint(bool is_clean) EXCLUDES(mutex_);
  void forget_drained() EXCLUDES(mutex_);
  void retire();
  void tell(bool& is_failing, const Status& status, std::string_view what);

  const Settings settings_;
  Segment* const chain_;
  CheckpointFile& checkpoint_;
  Appender& appender_;
  SegmentMaker& maker_;
  SegmentSupply& supply_;
  FileSystem& files_;
  const Clock& clock_;
  Logger& logger_;

  Mutex mutex_;
  CondVar wake_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  Checkpoint offered_ GUARDED_BY(mutex_);

  // The thread's own.
  std::vector<std::uint64_t> unsynced_;  // segments that a killed run left; the newest is last
  Segment* synced_segment_ = nullptr;    // the oldest that isn't sealed and synchronised
  std::uint64_t synced_offset_ = 0;
  std::uint64_t safe_sequence_;  // every record of this run before it was synchronised, or told of
  bool is_any_unsafe_ = false;   // a synchronisation failed in this run
  Runway runway_;                // of the active segment
  std::deque<Runway> ahead_;  // of those that were made for after it; all of them deleted here only
  std::uint64_t last_committed_ = 0;
  std::uint64_t arrival_ = 0;  // bytes in a round, of late
  int supply_pause_rounds_ = 0;
  int removal_pause_rounds_ = 0;
  std::chrono::milliseconds pause_{};  // before the next round
  std::int64_t last_sync_ms_ = 0;
  bool is_supply_failing_ = false;
  bool is_sync_failing_ = false;
  bool is_checkpoint_failing_ = false;
  bool is_retire_failing_ = false;
  bool is_removal_failing_ = false;
  bool is_folder_failing_ = false;
  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace mongo_store::journal
