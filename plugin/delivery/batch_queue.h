// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/object_id.h"
#include "delivery/stop_signal.h"
#include "journal/journal.h"

namespace mongo_store::delivery {

// Hands the journal's batches to the delivery threads, one at a time and in order. Advances the
// journal past all batches that are settled without a gap before them, in whichever order the
// threads settle them. Any thread.
//
// The lock is held while the journal is advanced, which keeps the checkpoints in the journal's
// order; the journal's own locks are acquired inside it. It isn't held while the journal is read:
// one thread at a time watches the journal, and only that thread reads. The memory is a few dozen
// bytes per thread, even if one batch stays unsettled while many others are settled.
class BatchQueue {
 public:
  struct Settings {
    std::size_t documents_max = 1000;
    std::size_t bytes_max = std::size_t{4} << 20;
    std::int64_t linger_ms = 5;
  };
  using Ticket = std::uint64_t;

  BatchQueue(Settings settings, journal::Journal& journal, StopSignal& stop, const Clock& clock,
             Logger& logger);

  enum class Next { kBatch, kNothing, kStopped };

  // Reads the next batch, and waits for one up to at_most_ms. A stop ends the wait at once; a hurry
  // that the caller hasn't seen yet (`was_hurried` is false) ends it soon. Throws std::bad_alloc;
  // nothing was read then.
  Next next(journal::ReadBatch& batch, Ticket& ticket, std::int64_t at_most_ms,
            bool was_hurried = false) EXCLUDES(mutex_);
  // All records of the batch are settled; `counts` says how. Once for each ticket.
  void settle(Ticket ticket, const journal::SettledCounts& counts) EXCLUDES(mutex_);

 private:
  struct InFlight {
    journal::Position end;
    ObjectId last_id;
    journal::SettledCounts counts;
    bool is_settled = false;
  };
  using InFlightMap = std::map<Ticket, InFlight>;

  // False: another thread watched the journal until then, or a stop came.
  bool begin_watch(std::int64_t until_ms) EXCLUDES(mutex_);
  void end_watch() EXCLUDES(mutex_);
  bool try_read(journal::ReadBatch& batch, Ticket& ticket) EXCLUDES(mutex_);
  void log_read(const Status& status) noexcept;
  std::int64_t linger_left_ms() const;
  void make_room() EXCLUDES(mutex_);
  Ticket put_in_flight(const journal::ReadBatch& batch) EXCLUDES(mutex_);
  InFlightMap::iterator join_next(InFlightMap::iterator first) REQUIRES(mutex_);

  const Settings settings_;
  journal::Journal& journal_;
  StopSignal& stop_;
  const Clock& clock_;
  Logger& logger_;

  // These belong to the watching thread, and pass to the next one under the lock.
  bool is_read_failing_ = false;
  bool is_last_full_ = true;
  std::int64_t idle_ms_ = 0;  // the next pause if there is nothing to read
  std::int64_t read_ms_ = 0;  // when the last batch was read

  Mutex mutex_;
  CondVar watch_ended_;
  bool is_watched_ GUARDED_BY(mutex_) = false;
  Ticket next_ticket_ GUARDED_BY(mutex_) = 0;
  // In order and without gaps; adjacent settled batches are joined into one entry. The last entry
  // may be reserved for the next batch: after that has been read, nothing can fail.
  InFlightMap in_flight_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::delivery
