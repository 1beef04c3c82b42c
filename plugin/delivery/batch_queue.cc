// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/batch_queue.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/text.h"

namespace mongo_store::delivery {
namespace {

// How often an idle journal is polled. The broker's thread wakes nobody when it appends.
constexpr std::int64_t kIdleMsMin = 1;
constexpr std::int64_t kIdleMsMax = 20;
constexpr std::int64_t kReadFailedMs = 1000;
constexpr std::chrono::milliseconds kWatchPoll{100};

}  // namespace

BatchQueue::BatchQueue(Settings settings, journal::Journal& journal, StopSignal& stop,
                       const Clock& clock, Logger& logger)
    : settings_(settings), journal_(journal), stop_(stop), clock_(clock), logger_(logger) {}

BatchQueue::Next BatchQueue::next(journal::ReadBatch& batch, Ticket& ticket,
                                  std::int64_t at_most_ms, bool was_hurried) {
  const std::int64_t until_ms = clock_.monotonic_ms() + at_most_ms;
  if (!begin_watch(until_ms)) return stop_.is_raised() ? Next::kStopped : Next::kNothing;
  struct WatchEnd {
    BatchQueue& queue;
    ~WatchEnd() { queue.end_watch(); }
  };
  const WatchEnd end{*this};
  std::int64_t pause_ms = linger_left_ms();
  for (;;) {
    const std::int64_t left_ms = until_ms - clock_.monotonic_ms();
    const bool is_over = left_ms < pause_ms || stop_.is_hurried() != was_hurried;
    if (!stop_.wait_ms(std::clamp<std::int64_t>(pause_ms, 0, std::max<std::int64_t>(left_ms, 0)))) {
      return Next::kStopped;
    }
    if (is_over) return Next::kNothing;
    if (try_read(batch, ticket)) return Next::kBatch;
    pause_ms = idle_ms_;
  }
}

bool BatchQueue::begin_watch(std::int64_t until_ms) {
  const MutexLock lock(mutex_);
  while (is_watched_) {
    const std::int64_t left_ms = until_ms - clock_.monotonic_ms();
    if (stop_.is_raised() || left_ms <= 0) return false;
    watch_ended_.wait_for(mutex_, std::min(kWatchPoll, std::chrono::milliseconds(left_ms)));
  }
  is_watched_ = true;
  return true;
}

void BatchQueue::end_watch() {
  {
    const MutexLock lock(mutex_);
    is_watched_ = false;
  }
  watch_ended_.notify_one();
}

// After a batch that wasn't full, the next one is read only when linger_ms has passed.
std::int64_t BatchQueue::linger_left_ms() const {
  if (is_last_full_) return 0;
  return std::max<std::int64_t>(read_ms_ + settings_.linger_ms - clock_.monotonic_ms(), 0);
}

bool BatchQueue::try_read(journal::ReadBatch& batch, Ticket& ticket) {
  make_room();
  const Result<bool> read = journal_.read(batch, settings_.documents_max, settings_.bytes_max);
  if (read.is_ok() && read.value()) {
    ticket = put_in_flight(batch);
    idle_ms_ = 0;
    read_ms_ = clock_.monotonic_ms();
    is_last_full_ = batch.records.size() >= settings_.documents_max / 2 ||
                    batch.bytes.size() >= settings_.bytes_max / 2;
  } else {
    idle_ms_ = read.is_ok() ? std::clamp(idle_ms_ * 2, kIdleMsMin, kIdleMsMax) : kReadFailedMs;
  }
  log_read(read.status());
  return read.is_ok() && read.value();
}

void BatchQueue::make_room() {
  const MutexLock lock(mutex_);
  (void)in_flight_[next_ticket_];
}

BatchQueue::Ticket BatchQueue::put_in_flight(const journal::ReadBatch& batch) {
  const MutexLock lock(mutex_);
  in_flight_[next_ticket_] = {batch.end, batch.last_id, {}, false};
  return next_ticket_++;
}

// Must not throw, because the batch that was just read would be lost. A line that can't be logged
// is logged after the next read.
void BatchQueue::log_read(const Status& status) noexcept {
  const bool is_failing = !status.is_ok();
  if (is_failing == is_read_failing_) return;
  try {
    if (is_failing) {
      logger_.log(LogLevel::kError, text("delivery: the journal can't be read: ", status.message(),
                                         "; trying again"));
    } else {
      logger_.log(LogLevel::kNotice, "delivery: the journal can be read again");
    }
    is_read_failing_ = is_failing;
  } catch (...) {
    return;
  }
}

void BatchQueue::settle(Ticket ticket, const journal::SettledCounts& counts) {
  const MutexLock lock(mutex_);
  auto settled = in_flight_.find(ticket);
  settled->second.is_settled = true;
  settled->second.counts = counts;
  if (settled != in_flight_.begin() && std::prev(settled)->second.is_settled) {
    settled = join_next(std::prev(settled));
  }
  const auto after = std::next(settled);
  if (after != in_flight_.end() && after->second.is_settled) settled = join_next(settled);
  if (settled != in_flight_.begin()) return;
  journal_.advance(settled->second.end, settled->second.counts, settled->second.last_id);
  in_flight_.erase(settled);
}

BatchQueue::InFlightMap::iterator BatchQueue::join_next(InFlightMap::iterator first) {
  const auto second = std::next(first);
  first->second.end = second->second.end;
  first->second.last_id = std::max(first->second.last_id, second->second.last_id);
  first->second.counts += second->second.counts;
  in_flight_.erase(second);
  return first;
}

}  // namespace mongo_store::delivery
