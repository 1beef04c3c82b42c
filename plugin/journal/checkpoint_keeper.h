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

// Brings what is settled from a delivery thread's word to the file; then retires the segments that
// it leaves, in this order: checkpoint durable, file unlinked, folder synchronised. What fails is
// logged once and tried again the next time; nothing is unlinked before. Owned by Journal;
// advance() is any thread's and takes its lock for a few instructions, the rest is the journal's
// thread's, as with SegmentsAhead. Everything it is given outlives it.
class CheckpointKeeper {
 public:
  CheckpointKeeper(std::string directory, const Checkpoint& recovered, Segment* chain,
                   CheckpointFile& file, Appender& appender, SegmentMaker& maker, FileSystem& files,
                   Logger& logger);

  // Any thread. Everything before `to` is settled, and ended as `counts` says since the last call.
  void advance(const Position& to, const SettledCounts& counts, const ObjectId& last_id)
      EXCLUDES(mutex_);

  const Position& stored_position() const { return file_.current().position; }
  // Durable when it returns ok, with what is settled now; where that says nothing new, at once.
  // `safe_sequence`: no number below it is given again.
  Status store(std::uint64_t safe_sequence, bool is_clean) EXCLUDES(mutex_);
  // The same, whether it is new or not.
  Status store_always(std::uint64_t safe_sequence, bool is_clean) EXCLUDES(mutex_);
  // Nothing is appended any more: where nothing is pending, no segment need stay.
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
