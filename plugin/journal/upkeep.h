// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "journal/checkpoint_keeper.h"
#include "journal/segments_ahead.h"
#include "journal/synchroniser.h"

namespace mongo_store::journal {

// The journal's thread. In short rounds it keeps segments ready in advance. At each interval it
// stores the checkpoint, retires the segments before it, and synchronises appended records. An
// exception in a round is logged, and the next round tries again. Everything that it is given must
// outlive it.
class Upkeep {
 public:
  struct Settings {
    std::int64_t sync_interval_ms = 100;  // 0: the appender synchronises
    std::uint64_t runway_bytes_max = 2ULL * 1024 * 1024;
    std::string directory;
    bool is_appended_to = true;  // false: no segment is created
    bool was_clean = true;       // nothing that an earlier run left needs synchronisation
  };

  Upkeep(Settings settings, Segment* chain, CheckpointKeeper& checkpoint, Appender& appender,
         SegmentMaker& maker, SegmentSupply& supply, FileSystem& files, const Clock& clock,
         Logger& logger);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // Stores a checkpoint that says "not clean", so that the next start knows that this run may have
  // ended early. Fails if it can't be stored, unless the reason is a full disk.
  Status start() EXCLUDES(mutex_);
  // Ends the thread, then synchronises, stores a last checkpoint (clean if `is_clean`), and removes
  // the ready segments. Nothing may be appended any more. Idempotent.
  void stop(bool is_clean) EXCLUDES(mutex_);

 private:
  void run() noexcept;
  bool wait_for_round() EXCLUDES(mutex_);
  void tick();

  const Settings settings_;
  CheckpointKeeper& checkpoint_;
  const Clock& clock_;
  Logger& logger_;

  Mutex mutex_;
  CondVar wake_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;

  // Used only by the thread itself.
  SegmentsAhead ahead_;
  Synchroniser synchroniser_;
  std::int64_t last_sync_ms_ = 0;
  std::chrono::milliseconds pause_{};  // before the next round

  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace mongo_store::journal
