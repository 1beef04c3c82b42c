// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"

namespace mongo_store::journal {
namespace {

// Links the recovered chain after its sentinel. Returns its last segment, which has the last number
// of earlier runs.
Segment* link_all(Segment& sentinel, std::vector<std::unique_ptr<Segment>> segments,
                  std::uint64_t next_sequence) {
  Segment* last = &sentinel;
  for (std::unique_ptr<Segment>& segment : segments) {
    Segment* const linked = segment.release();
    last->next.store(linked, std::memory_order_release);
    last = linked;
  }
  last->end_sequence = next_sequence;
  return last;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(Settings settings, FileSystem& files,
                                               const Clock& clock, Logger& logger) {
  if (settings.context.size() > kContextBytesMax) {
    return Status::refuse(text("the delivery context has ", settings.context.size(),
                               " bytes; a segment's header has room for ", kContextBytesMax));
  }
  Result<std::unique_ptr<CheckpointFile>> checkpoint =
      CheckpointFile::open(files, text(settings.directory, '/', kCheckpointName));
  if (!checkpoint.is_ok()) return checkpoint.status();
  auto budget = std::make_unique<SpaceBudget>(settings.bytes_max);
  budget->take(kStandingBytes);
  Result<Recovered> recovered =
      recover(settings.directory, *checkpoint.value(), files, *budget, logger);
  if (!recovered.is_ok()) return recovered.status();
  std::unique_ptr<AttemptMarks> attempts = AttemptMarks::open(
      files, text(settings.directory, '/', kAttemptsName), settings.medium == Medium::kMappable,
      recovered.value().checkpoint.position.sequence, logger);
  std::unique_ptr<Journal> journal(
      new Journal(std::move(settings), std::move(budget), std::move(checkpoint).value(),
                  std::move(recovered).value(), std::move(attempts), files, clock, logger));
  const Status started = journal->upkeep_.start();
  if (!started.is_ok()) return started;
  return journal;
}

Journal::Journal(Settings settings, std::unique_ptr<SpaceBudget> budget,
                 std::unique_ptr<CheckpointFile> checkpoint, Recovered recovered,
                 std::unique_ptr<AttemptMarks> attempts, FileSystem& files, const Clock& clock,
                 Logger& logger)
    : settings_(std::move(settings)),
      budget_(std::move(budget)),
      checkpoint_file_(std::move(checkpoint)),
      attempts_(std::move(attempts)),
      base_sequence_(recovered.checkpoint.base_sequence),
      recovered_last_id_(recovered.last_id),
      recovered_pending_(recovered.next_sequence - recovered.checkpoint.position.sequence),
      damage_(settings_.directory, files, *budget_, logger),
      kept_payloads_(settings_.directory, files, *budget_),
      maker_({settings_.directory, settings_.context, settings_.medium == Medium::kMappable,
              recovered.next_number},
             files, *budget_, clock),
      reader_(settings_.directory, &chain_, recovered.checkpoint.position, files, damage_),
      appender_({settings_.sync_interval_ms == 0, recovered.next_sequence},
                link_all(chain_, std::move(recovered.segments), recovered.next_sequence), maker_,
                supply_),
      checkpoint_(settings_.directory, recovered.checkpoint, &chain_, *checkpoint_file_, appender_,
                  maker_, files, logger),
      upkeep_({settings_.sync_interval_ms, settings_.runway_bytes_max, settings_.directory,
               settings_.is_appended_to, checkpoint_file_->current().is_clean},
              &chain_, checkpoint_, appender_, maker_, supply_, files, clock, logger) {
  for (std::unique_ptr<Segment>& left : recovered.abandoned) maker_.abandon(std::move(left));
  count(recovered.checkpoint.settled);
}

Journal::~Journal() {
  close();
  for (Segment* segment = chain_.next.load(); segment != nullptr;) {
    const std::unique_ptr<Segment> gone(segment);
    segment = gone->next.load();
  }
}

Result<bool> Journal::read(ReadBatch& batch, std::size_t records_max, std::size_t bytes_max) {
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return false;
    is_reading_ = true;
  }
  struct ReadEnd {
    Journal& journal;
    ~ReadEnd() { journal.end_read(); }
  };
  const ReadEnd end{*this};
  return reader_.read(batch, records_max, bytes_max);
}

void Journal::end_read() {
  {
    const MutexLock lock(mutex_);
    is_reading_ = false;
  }
  read_ended_.notify_all();
}

void Journal::advance(const Position& to, const SettledCounts& counts, const ObjectId& last_id) {
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return;
  }
  count(counts);
  checkpoint_.advance(to, counts, last_id);
}

void Journal::count(const SettledCounts& counts) {
  stored_.fetch_add(counts.stored, std::memory_order_release);
  duplicates_.fetch_add(counts.duplicates, std::memory_order_release);
  dead_lettered_.fetch_add(counts.dead_lettered, std::memory_order_release);
  damaged_.fetch_add(counts.damaged, std::memory_order_release);
}

SettledCounts Journal::settled() const {
  return {stored_.load(std::memory_order_acquire), duplicates_.load(std::memory_order_acquire),
          dead_lettered_.load(std::memory_order_acquire), damaged_.load(std::memory_order_acquire)};
}

Balance Journal::balance() const {
  Balance balance;
  balance.settled = settled();  // first: records are appended before they are settled
  balance.appended = appender_.next_sequence() - base_sequence_;
  balance.pending = balance.appended - balance.settled.total();
  return balance;
}

std::uint64_t Journal::occupied_bytes() const {
  // The order matters: the budget counted a ready segment before it became ready.
  const std::uint64_t ready_bytes = supply_.ready.bytes();
  return budget_->used() - ready_bytes;
}

void Journal::close() {
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return;
    is_closed_ = true;
    // The segments that it reads may be retired below.
    while (is_reading_) read_ended_.wait_for(mutex_, std::chrono::seconds(1));
  }
  upkeep_.stop(true);
}

}  // namespace mongo_store::journal
