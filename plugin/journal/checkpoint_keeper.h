// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/logger.h"
#include "base/mutex.h"
#include "journal/appender.h"
#include "journal/checkpoint_file.h"
#include "journal/failure_log.h"
#include "journal/segment.h"
#include "journal/segment_maker.h"
#include "journal/synchroniser.h"

namespace mongo_store::journal {

// Collects the settled positions that delivery threads report, stores them, and retires the
// segments before them, in this order: the checkpoint is durable, the file is unlinked, the folder
// is synchronised. A failure is logged once, and the next call tries again; no file is unlinked
// before its checkpoint is durable. Owned by Journal. Any thread may call advance(), which holds
// the lock for a few instructions. The other functions are for the journal's thread, as in
// SegmentsAhead. Everything that it is given must outlive it.
class CheckpointKeeper {
 public:
  CheckpointKeeper(std::string directory, const Checkpoint& recovered, Segment* chain,
                   CheckpointFile& file, Appender& appender, SegmentMaker& maker, FileSystem& files,
                   Logger& logger);

  // Any thread. Everything before `to` is settled. `counts` says how the records since the last
  // call ended.
  void advance(const Position& to, const SettledCounts& counts, const ObjectId& last_id)
      EXCLUDES(mutex_);

  const Position& stored_position() const { return file_.current().position; }
  // Stores everything that is settled now; it is durable when this returns ok. Returns at once if
  // nothing is new. `safe_sequence`: no number below it is used again.
  Status store(std::uint64_t safe_sequence, bool is_clean) EXCLUDES(mutex_);
  // The same, even if nothing is new.
  Status store_always(std::uint64_t safe_sequence, bool is_clean) EXCLUDES(mutex_);
  // Nothing is appended any more. If nothing is pending, every segment can be retired.
  void pass_drained() EXCLUDES(mutex_);
  void retire(Synchroniser& synchroniser);

 private:
  const std::string directory_;
  Segment* const chain_;
  CheckpointFile& file_;
  Appender& appender_;
  SegmentMaker& maker_;
  FileSystem& files_;
  FailureLog store_log_;
  FailureLog removal_log_;
  FailureLog folder_log_;
  Mutex mutex_;
  Checkpoint settled_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::journal
