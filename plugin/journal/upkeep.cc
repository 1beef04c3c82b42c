// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/upkeep.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/signal_block.h"
#include "base/text.h"

namespace mongo_store::journal {
namespace {

// Two segments stand ready for what arrives between two rounds.
constexpr std::chrono::milliseconds kRound{10};
constexpr std::chrono::milliseconds kAfterException{1000};
// Where the appender synchronises by itself, so that no interval says it.
constexpr std::int64_t kCheckpointIntervalMs = 100;
constexpr std::uint64_t kRunwayBytesMin = 64ULL * 1024;
// So far ahead of the last round's arrivals that a round which comes late finds pages left.
constexpr std::uint64_t kRunwayRounds = 4;
// Of one synchronisation; between two of them the appender gets what it needs.
constexpr std::uint64_t kSyncBytesMax = 1024ULL * 1024;
// Of what a killed run left, in one round.
constexpr std::int64_t kRecoveredSyncMs = 20;
// Between two tries to make a segment, or to remove one, where the disk is full or fails.
constexpr int kDiskPauseRounds = 25;

}  // namespace

Upkeep::Upkeep(Settings settings, Segment* chain, CheckpointFile& checkpoint, Appender& appender,
               SegmentMaker& maker, SegmentSupply& supply, FileSystem& files, const Clock& clock,
               Logger& logger)
    : settings_(std::move(settings)),
      chain_(chain),
      checkpoint_(checkpoint),
      appender_(appender),
      maker_(maker),
      supply_(supply),
      files_(files),
      clock_(clock),
      logger_(logger),
      offered_(checkpoint.current()),
      safe_sequence_(appender.next_sequence()) {
  if (!settings_.is_appended_to) supply_.shortage = AppendOutcome::kBoundReached;
  if (checkpoint.current().is_clean) return;
  for (const Segment* left = chain->next.load(std::memory_order_acquire); left != nullptr;
       left = left->next.load(std::memory_order_acquire)) {
    unsynced_.push_back(left->number);
  }
}

Upkeep::~Upkeep() { stop(false); }

Status Upkeep::start() {
  Status marked = write_checkpoint(false);
  if (!marked.is_ok() && marked.code() != StatusCode::kNoSpace) return marked;
  supply_segments();
  last_sync_ms_ = clock_.monotonic_ms();
  const SignalBlock block;  // the thread inherits it
  thread_ = std::thread([this]() noexcept {
    pthread_setname_np(pthread_self(), "mongo-journal");
    run();
  });
  return {};
}

void Upkeep::offer(const Checkpoint& checkpoint) {
  const MutexLock lock(mutex_);
  offered_ = checkpoint;
}

void Upkeep::stop(bool is_clean) {
  if (is_stopped_) return;
  is_stopped_ = true;
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  sync_recovered();
  sync_appended(true);
  forget_drained();
  const bool is_all_synced = unsynced_.empty() && !is_any_unsafe_;
  (void)store_checkpoint(is_clean && is_all_synced);
  retire();
  while (const std::unique_ptr<Segment> ready = supply_.ready.take()) (void)maker_.remove(*ready);
  (void)maker_.remove_abandoned(true);
}

// With nothing pending the next run begins behind the last segment, and no file need stay.
void Upkeep::forget_drained() {
  const MutexLock lock(mutex_);
  if (offered_.position.sequence != appender_.next_sequence()) return;
  if (chain_->next.load(std::memory_order_acquire) == nullptr) return;
  offered_.position.segment = maker_.next_number();
  offered_.position.offset = kFirstRecordOffset;
}

// Whatever a round throws is told, if that can be done, and the next one tries again.
void Upkeep::run() noexcept {
  for (;;) {
    try {
      if (!wait_for_round()) return;
      tick();
      continue;
    } catch (const std::exception& error) {
      log_exception(logger_, "journal", error.what());
    } catch (...) {
      log_exception(logger_, "journal", "an exception of no known kind");
    }
    pause_ = kAfterException;
  }
}

// False at the end.
bool Upkeep::wait_for_round() {
  const std::chrono::milliseconds pause = std::exchange(pause_, kRound);
  const MutexLock lock(mutex_);
  if (!is_stopping_) wake_.wait_for(mutex_, pause);
  return !is_stopping_;
}

void Upkeep::tick() {
  keep_ahead();
  const std::int64_t interval_ms =
      settings_.sync_interval_ms > 0 ? settings_.sync_interval_ms : kCheckpointIntervalMs;
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms - last_sync_ms_ < interval_ms) return;
  last_sync_ms_ = now_ms;
  // What is settled needs no synchronisation any more.
  (void)store_checkpoint(false);
  retire();
  sync_recovered();
  sync_appended(false);
}

void Upkeep::keep_ahead() {
  remove_abandoned();
  supply_segments();
  extend_runway();
}

void Upkeep::remove_abandoned() {
  if (removal_pause_rounds_ > 0) {
    --removal_pause_rounds_;
    return;
  }
  const Status removed = maker_.remove_abandoned(true);
  if (!removed.is_ok()) removal_pause_rounds_ = kDiskPauseRounds;
  tell(is_removal_failing_, removed, "remove an empty segment");
}

void Upkeep::supply_segments() {
  if (!settings_.is_appended_to) return;
  while (supply_.ready.size() < SegmentSupply::kReady) {
    if (!supply_one()) return;
  }
  tell(is_supply_failing_, {}, "make a segment");
}

// False where it can't be done now. It's told when it matters: when none is left.
bool Upkeep::supply_one() {
  if (supply_pause_rounds_ > 0) {
    --supply_pause_rounds_;
    return false;
  }
  Result<std::unique_ptr<Segment>> made = maker_.make();
  if (made.is_ok()) {
    std::unique_ptr<Segment> segment = std::move(made).value();
    ahead_.push_back({segment->number, segment.get(), kFirstRecordOffset});
    supply_.ready.put(segment);
    supply_.shortage.store(AppendOutcome::kAppended, std::memory_order_relaxed);
    return true;
  }
  const AppendOutcome refusal = refusal_for(made.status());
  // The bound is cheap to ask, a disk that is full or fails isn't.
  if (refusal != AppendOutcome::kBoundReached) supply_pause_rounds_ = kDiskPauseRounds;
  if (supply_.ready.size() > 0) return false;
  supply_.shortage.store(refusal, std::memory_order_relaxed);
  tell(is_supply_failing_, made.status(), "make a segment");
  return false;
}

void Upkeep::extend_runway() {
  Segment* const active = appender_.active();
  if (active == nullptr) return;
  const std::uint64_t committed = active->committed.load(std::memory_order_acquire);
  std::uint64_t arrived = committed - std::min(last_committed_, committed);
  if (active->number != runway_.number) {
    arrived = committed + kSegmentBytes - std::min(last_committed_, kSegmentBytes);
    runway_ = {active->number, active, kFirstRecordOffset};
  }
  // Those before it were taken, or abandoned and may be gone.
  for (; !ahead_.empty() && ahead_.front().number <= active->number; ahead_.pop_front()) {
    if (ahead_.front().number == active->number) runway_.end = ahead_.front().end;
  }
  last_committed_ = committed;
  arrival_ = std::max(arrived, arrival_ - arrival_ / 8);
  const std::uint64_t most = std::max(settings_.runway_bytes_max, kRunwayBytesMin);
  const std::uint64_t runway = std::clamp(arrival_ * kRunwayRounds, kRunwayBytesMin, most);
  touch(runway_, committed, runway);
  // The newest ones of `ahead_` are ready, and only this thread deletes what is taken meanwhile.
  const std::size_t ready = supply_.ready.size();
  while (ahead_.size() > ready + SegmentSupply::kReady) ahead_.pop_front();
  const std::uint64_t here = active->bytes - committed;
  if (here >= runway || ready == 0 || ahead_.size() < ready) return;
  touch(ahead_[ahead_.size() - ready], kFirstRecordOffset, runway - here);
}

// Makes what follows `from` writable, in steps that are worth a call.
void Upkeep::touch(Runway& runway, std::uint64_t from, std::uint64_t count) {
  if (runway.segment->mapping == nullptr) return;
  const std::uint64_t begin = std::max(runway.end, from);
  const std::uint64_t end = std::min(from + count, runway.segment->bytes);
  if (end <= begin || (end - begin < count / 4 && end < runway.segment->bytes)) return;
  runway.segment->mapping->touch(begin, end - begin);
  runway.end = end;
}

// After a failure the kernel may take the pages for clean, and a second try succeed without having
// written them. So there is none: what was appended to that segment so far is never taken for
// durable, and the appender goes on in another one.
void Upkeep::sync_appended(bool is_last) {
  if (synced_segment_ == nullptr) synced_segment_ = chain_;
  // In this order, so that what the number counts is found up to the active segment. No further
  // than that, as appending may be faster than the disk for long.
  const std::uint64_t sequence = appender_.next_sequence();
  const Segment* const active = appender_.active();
  for (;;) {
    Segment& segment = *synced_segment_;
    // In this order: the offset of a segment with a next one is its last.
    Segment* const next = segment.next.load(std::memory_order_acquire);
    const std::uint64_t committed = segment.committed.load(std::memory_order_acquire);
    const std::uint64_t from = std::max(synced_offset_, kFirstRecordOffset);
    if (segment.file != nullptr && committed > from) {
      const Status synced = sync_segment(segment, from, committed);
      if (!synced.is_ok()) {
        if (next == nullptr) supply_.must_seal.store(true, std::memory_order_relaxed);
        tell_unsafe(std::max(safe_sequence_, segment.first_sequence), synced);
      } else if (is_sync_failing_) {
        is_sync_failing_ = false;
        logger_.log(LogLevel::kNotice, "journal: could synchronise what was appended again");
      }
      synced_offset_ = committed;
    }
    if (next == nullptr || &segment == active) {
      // The number rises before the offset: the last record may be one that is being appended.
      safe_sequence_ = std::max(safe_sequence_, is_last ? sequence : sequence - 1);
      return;
    }
    segment.mapping.reset();
    segment.file.reset();
    synced_segment_ = next;
    synced_offset_ = 0;
  }
}

Status Upkeep::sync_segment(Segment& segment, std::uint64_t from, std::uint64_t to) {
  if (settings_.sync_interval_ms == 0) return {};
  if (segment.mapping == nullptr) return segment.file->sync();
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t count = std::min(kSyncBytesMax, to - at);
    Status synced = segment.mapping->sync(at, count);
    if (!synced.is_ok()) return synced;
    at += count;
    keep_ahead();
  }
  return {};
}

// A process that was killed leaves what it appended last to the kernel, which writes it when it
// likes; a power loss would take that, and spare what this run appends. The newest first, as they
// hold it; for a bounded time, as a long journal has many.
void Upkeep::sync_recovered() {
  const std::int64_t begin_ms = clock_.monotonic_ms();
  while (!unsynced_.empty()) {
    const std::uint64_t number = unsynced_.back();
    const Position settled = checkpoint_.current().position;
    const Status synced = number < settled.segment ? Status() : sync_file(number);
    if (!synced.is_ok()) tell_unsafe(settled.sequence, synced);
    unsynced_.pop_back();
    if (clock_.monotonic_ms() - begin_ms >= kRecoveredSyncMs) return;
    keep_ahead();
  }
}

Status Upkeep::sync_file(std::uint64_t number) {
  const Result<std::unique_ptr<File>> file =
      files_.open(text(settings_.directory, '/', segment_name(number)));
  return file.is_ok() ? file.value()->sync() : file.status();
}

void Upkeep::tell_unsafe(std::uint64_t first_sequence, const Status& why) {
  is_any_unsafe_ = true;
  if (is_sync_failing_) return;
  is_sync_failing_ = true;
  logger_.log(LogLevel::kError,
              text("journal: ", why.message(), "; until they are delivered, a power loss can take ",
                   "records from sequence number ", first_sequence, " on; going on in another ",
                   "segment"));
}

// Where it says something new.
Status Upkeep::store_checkpoint(bool is_clean) {
  const Checkpoint& current = checkpoint_.current();
  {
    const MutexLock lock(mutex_);
    if (offered_.position == current.position && offered_.settled == current.settled &&
        is_clean == current.is_clean) {
      return {};
    }
  }
  return write_checkpoint(is_clean);
}

Status Upkeep::write_checkpoint(bool is_clean) {
  Checkpoint checkpoint;
  {
    const MutexLock lock(mutex_);
    checkpoint = offered_;
  }
  checkpoint.is_clean = is_clean;
  checkpoint.next_sequence = std::max(safe_sequence_, checkpoint.position.sequence);
  Status stored = checkpoint_.store(checkpoint);
  tell(is_checkpoint_failing_, stored, "store the checkpoint");
  return stored;
}

void Upkeep::retire() {
  const std::uint64_t keep_from = checkpoint_.current().position.segment;
  bool is_any_removed = false;
  for (Segment* oldest = chain_->next.load(std::memory_order_acquire);
       oldest != nullptr && oldest->number < keep_from;) {
    const Status removed = maker_.remove(*oldest);
    tell(is_retire_failing_, removed, "remove a settled segment");
    if (!removed.is_ok()) break;
    is_any_removed = true;
    Segment* const next = oldest->next.load(std::memory_order_acquire);
    if (next == nullptr) break;  // at the journal's end only: the appender still points to it
    if (synced_segment_ == oldest) {
      synced_segment_ = next;
      synced_offset_ = 0;
    }
    chain_->next.store(next, std::memory_order_release);
    delete oldest;
    oldest = next;
  }
  if (is_any_removed) {
    tell(is_folder_failing_, files_.sync_directory(settings_.directory), "synchronise the folder");
  }
}

void Upkeep::tell(bool& is_failing, const Status& status, std::string_view what) {
  if (status.is_ok() == !is_failing) return;
  is_failing = !status.is_ok();
  if (is_failing) {
    const bool is_full =
        status.code() == StatusCode::kNoSpace || status.code() == StatusCode::kRetry;
    logger_.log(is_full ? LogLevel::kWarning : LogLevel::kError,
                text("journal: can't ", what, " now, trying again: ", status.message()));
  } else {
    logger_.log(LogLevel::kNotice, text("journal: could ", what, " again"));
  }
}

}  // namespace mongo_store::journal
