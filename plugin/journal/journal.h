// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/appender.h"
#include "journal/attempt_marks.h"
#include "journal/checkpoint_file.h"
#include "journal/checkpoint_keeper.h"
#include "journal/damage.h"
#include "journal/file_system.h"
#include "journal/kept_payloads.h"
#include "journal/reader.h"
#include "journal/recovery.h"
#include "journal/segment_maker.h"
#include "journal/segment_supply.h"
#include "journal/space_budget.h"
#include "journal/upkeep.h"

namespace mongo_store::journal {

// Always: appended = stored + duplicates + dead_lettered + damaged + pending. `appended` and
// `pending` are computed from the records' sequence numbers.
struct Balance {
  std::uint64_t appended = 0;
  SettledCounts settled;
  std::uint64_t pending = 0;
};

// The durable queue between the broker's thread and the delivery threads, in a folder that no other
// journal uses (journal_folder.h chooses one). It uses at most bytes_max on disk; its memory is
// bounded by a read batch and the mapped segments. Logger, clock and file system must outlive it.
class Journal {
 public:
  struct Settings {
    std::string directory;
    std::uint64_t bytes_max = 1024ULL * 1024 * 1024;
    std::int64_t sync_interval_ms = 100;  // 0: before append() returns
    std::uint64_t runway_bytes_max = 2ULL * 1024 * 1024;
    Medium medium = Medium::kPlain;
    ByteBuffer context;  // for everything appended from now on; at most kContextBytesMax
    // False: the journal is only read, so no segment is created and nothing may be appended.
    bool is_appended_to = true;
  };

  // Recovers the state that an earlier run left, for which it reads at most one segment, and starts
  // the journal's thread. It needs no room on the disk: without room the journal opens, and refuses
  // records.
  static Result<std::unique_ptr<Journal>> open(Settings settings, FileSystem& files,
                                               const Clock& clock, Logger& logger);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The broker's thread only.
  AppendOutcome append(const ObjectId& id, ByteView head, ByteView payload) {
    return appender_.append(id, head, payload);
  }

  // One delivery thread at a time; the caller ensures that. After close() it reads nothing.
  Result<bool> read(ReadBatch& batch, std::size_t records_max, std::size_t bytes_max)
      EXCLUDES(mutex_);
  // Everything before `to` is settled. `counts` says how the records since the last call ended.
  // Calls must come in order, from one thread at a time, which need not be the thread that calls
  // read(). After close() this does nothing.
  void advance(const Position& to, const SettledCounts& counts, const ObjectId& last_id)
      EXCLUDES(mutex_);

  // Any thread, as described in attempt_marks.h.
  AttemptMarks& attempts() { return *attempts_; }
  KeptPayloads& kept_payloads() { return kept_payloads_; }
  Balance balance() const;
  std::uint64_t used_bytes() const { return budget_->used(); }
  // The same without the ready segments. The broker's thread only.
  std::uint64_t occupied_bytes() const;
  std::uint64_t bytes_max() const { return budget_->bytes_max(); }
  bool is_refusing() const { return appender_.is_refusing(); }
  // Why the last append was refused, if the broker's thread knows the reason. The broker's thread
  // only.
  const Status& last_failure() const { return appender_.last_failure(); }
  // The file system's free bytes at the last time that there was no room for a segment.
  std::uint64_t disk_free_bytes() const { return maker_.disk_free_bytes(); }
  std::uint64_t inline_segments() const { return appender_.inline_segments(); }
  // How many records of earlier runs were waiting for delivery at the start, as far as the start
  // could see.
  std::uint64_t recovered_pending() const { return recovered_pending_; }
  // The greatest identifier that this journal has seen; zero if it has seen none.
  const ObjectId& recovered_last_id() const { return recovered_last_id_; }

  // Waits for a read() in progress, ends the journal's thread, synchronises, and stores the
  // checkpoint. The broker's thread; no append() may follow. Idempotent. Pending records stay for
  // the next run.
  void close() EXCLUDES(mutex_);

 private:
  Journal(Settings settings, std::unique_ptr<SpaceBudget> budget,
          std::unique_ptr<CheckpointFile> checkpoint, Recovered recovered,
          std::unique_ptr<AttemptMarks> attempts, FileSystem& files, const Clock& clock,
          Logger& logger);
  void end_read() EXCLUDES(mutex_);
  void count(const SettledCounts& counts);
  SettledCounts settled() const;

  const Settings settings_;
  const std::unique_ptr<SpaceBudget> budget_;
  const std::unique_ptr<CheckpointFile> checkpoint_file_;
  const std::unique_ptr<AttemptMarks> attempts_;
  const std::uint64_t base_sequence_;
  const ObjectId recovered_last_id_;
  const std::uint64_t recovered_pending_;

  Segment chain_{0, 0};  // before the first segment
  DamageStore damage_;
  KeptPayloads kept_payloads_;
  SegmentSupply supply_;
  SegmentMaker maker_;
  Reader reader_;
  Appender appender_;

  // Read by the broker's thread, which may not wait for a lock.
  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> duplicates_{0};
  std::atomic<std::uint64_t> dead_lettered_{0};
  std::atomic<std::uint64_t> damaged_{0};

  Mutex mutex_;
  bool is_closed_ GUARDED_BY(mutex_) = false;
  bool is_reading_ GUARDED_BY(mutex_) = false;
  CondVar read_ended_;

  CheckpointKeeper checkpoint_;
  Upkeep upkeep_;
};

}  // namespace mongo_store::journal
