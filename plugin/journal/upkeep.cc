// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/upkeep.h"

#include <pthread.h>

#include <exception>
#include <utility>
#include <vector>

#include "base/signal_block.h"

namespace mongo_store::journal {
namespace {

// Two segments are ready for the messages that arrive between two rounds.
constexpr std::chrono::milliseconds kRound{10};
constexpr std::chrono::milliseconds kAfterException{1000};
// Used if the appender synchronises, because then no interval is set.
constexpr std::int64_t kCheckpointIntervalMs = 100;

std::vector<std::uint64_t> numbers_of(const Segment& chain) {
  std::vector<std::uint64_t> numbers;
  for (const Segment* segment = chain.next.load(std::memory_order_acquire); segment != nullptr;
       segment = segment->next.load(std::memory_order_acquire)) {
    numbers.push_back(segment->number);
  }
  return numbers;
}

}  // namespace

Upkeep::Upkeep(Settings settings, Segment* chain, CheckpointKeeper& checkpoint, Appender& appender,
               SegmentMaker& maker, SegmentSupply& supply, FileSystem& files, const Clock& clock,
               Logger& logger)
    : settings_(std::move(settings)),
      checkpoint_(checkpoint),
      clock_(clock),
      logger_(logger),
      ahead_({settings_.runway_bytes_max, settings_.is_appended_to}, appender, maker, supply,
             logger),
      synchroniser_({settings_.directory, settings_.sync_interval_ms == 0}, chain,
                    settings_.was_clean ? std::vector<std::uint64_t>() : numbers_of(*chain),
                    appender, supply, ahead_, files, clock, logger) {}

Upkeep::~Upkeep() { stop(false); }

Status Upkeep::start() {
  Status marked = checkpoint_.store_always(synchroniser_.safe_sequence(), false);
  if (!marked.is_ok() && marked.code() != StatusCode::kNoSpace) return marked;
  ahead_.supply_segments();
  last_sync_ms_ = clock_.monotonic_ms();
  const SignalBlock block;  // the thread inherits it
  thread_ = std::thread([this]() noexcept {
    pthread_setname_np(pthread_self(), "mongo-journal");
    run();
  });
  return {};
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
  synchroniser_.sync_recovered(checkpoint_.stored_position());
  synchroniser_.sync_appended(true);
  checkpoint_.pass_drained();
  (void)checkpoint_.store(synchroniser_.safe_sequence(), is_clean && synchroniser_.is_all_synced());
  checkpoint_.retire(synchroniser_);
  ahead_.remove_all();
}

// An exception in a round is logged, if possible, and the next round tries again.
void Upkeep::run() noexcept {
  for (;;) {
    try {
      if (!wait_for_round()) return;
      tick();
      continue;
    } catch (const std::exception& error) {
      log_exception(logger_, "journal", error.what());
    } catch (...) {
      log_exception(logger_, "journal", "an unknown exception");
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
  ahead_.keep();
  const std::int64_t interval_ms =
      settings_.sync_interval_ms > 0 ? settings_.sync_interval_ms : kCheckpointIntervalMs;
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms - last_sync_ms_ < interval_ms) return;
  last_sync_ms_ = now_ms;
  // Settled records need no synchronisation.
  (void)checkpoint_.store(synchroniser_.safe_sequence(), false);
  checkpoint_.retire(synchroniser_);
  synchroniser_.sync_recovered(checkpoint_.stored_position());
  synchroniser_.sync_appended(false);
}

}  // namespace mongo_store::journal
