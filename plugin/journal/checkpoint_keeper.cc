// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/checkpoint_keeper.h"

#include <algorithm>
#include <utility>

namespace mongo_store::journal {

CheckpointKeeper::CheckpointKeeper(std::string directory, const Checkpoint& recovered,
                                   Segment* chain, CheckpointFile& file, Appender& appender,
                                   SegmentMaker& maker, FileSystem& files, Logger& logger)
    : directory_(std::move(directory)),
      chain_(chain),
      file_(file),
      appender_(appender),
      maker_(maker),
      files_(files),
      store_log_(logger, "can't store the checkpoint", "checkpoints are stored again"),
      removal_log_(logger, "can't remove a settled segment", "settled segments are removed again"),
      folder_log_(logger, "can't synchronise the folder", "the folder is synchronised again"),
      settled_(recovered) {}

void CheckpointKeeper::advance(const Position& to, const SettledCounts& counts,
                               const ObjectId& last_id) {
  const MutexLock lock(mutex_);
  settled_.position = to;
  settled_.settled += counts;
  settled_.last_id = std::max(settled_.last_id, last_id);
}

Status CheckpointKeeper::store(std::uint64_t safe_sequence, bool is_clean) {
  {
    const Checkpoint& stored = file_.current();
    const MutexLock lock(mutex_);
    if (settled_.position == stored.position && settled_.settled == stored.settled &&
        is_clean == stored.is_clean) {
      return {};
    }
  }
  return store_always(safe_sequence, is_clean);
}

Status CheckpointKeeper::store_always(std::uint64_t safe_sequence, bool is_clean) {
  Checkpoint next;
  {
    const MutexLock lock(mutex_);
    next = settled_;
  }
  next.is_clean = is_clean;
  next.next_sequence = std::max(safe_sequence, next.position.sequence);
  Status stored = file_.store(next);
  store_log_.note(stored);
  return stored;
}

// The next run then begins after the last segment.
void CheckpointKeeper::pass_drained() {
  const MutexLock lock(mutex_);
  if (settled_.position.sequence != appender_.next_sequence()) return;
  if (chain_->next.load(std::memory_order_acquire) == nullptr) return;
  settled_.position.segment = maker_.next_number();
  settled_.position.offset = kFirstRecordOffset;
}

void CheckpointKeeper::retire(Synchroniser& synchroniser) {
  const std::uint64_t keep_from = stored_position().segment;
  bool is_any_removed = false;
  bool is_all_removed = true;
  for (Segment* oldest = chain_->next.load(std::memory_order_acquire);
       oldest != nullptr && oldest->number < keep_from;) {
    const Status removed = maker_.remove(*oldest);
    if (!removed.is_ok()) {
      is_all_removed = false;
      removal_log_.note(removed);
      break;
    }
    is_any_removed = true;
    Segment* const next = oldest->next.load(std::memory_order_acquire);
    if (next == nullptr) break;  // only at the journal's end: the appender still points to it
    synchroniser.pass(*oldest, next);
    chain_->next.store(next, std::memory_order_release);
    delete oldest;
    oldest = next;
  }
  if (!is_any_removed) return;
  folder_log_.note(files_.sync_directory(directory_));
  if (is_all_removed) removal_log_.note({});
}

}  // namespace mongo_store::journal
