// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/segments_ahead.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace mongo_store::journal {
namespace {

constexpr std::uint64_t kRunwayBytesMin = 64ULL * 1024;
// The runway lasts for this many rounds at the recent rate of arrivals, so that touched pages are
// left even if a round is late.
constexpr std::uint64_t kRunwayRounds = 4;
// The pause between two tries to create or remove a segment if the disk is full or fails.
constexpr int kDiskPauseRounds = 25;

}  // namespace

SegmentsAhead::SegmentsAhead(Settings settings, Appender& appender, SegmentMaker& maker,
                             SegmentSupply& supply, Logger& logger)
    : settings_(settings),
      appender_(appender),
      maker_(maker),
      supply_(supply),
      supply_log_(logger, "can't create a segment", "segments can be created again"),
      removal_log_(logger, "can't remove an empty segment", "empty segments are removed again") {
  if (!settings_.is_appended_to) supply_.shortage = AppendOutcome::kBoundReached;
}

void SegmentsAhead::keep() {
  remove_abandoned();
  supply_segments();
  extend_runway();
}

void SegmentsAhead::remove_all() {
  while (const std::unique_ptr<Segment> ready = supply_.ready.take()) (void)maker_.remove(*ready);
  (void)maker_.remove_abandoned(true);
}

void SegmentsAhead::remove_abandoned() {
  if (removal_pause_rounds_ > 0) {
    --removal_pause_rounds_;
    return;
  }
  const Status removed = maker_.remove_abandoned(true);
  if (!removed.is_ok()) removal_pause_rounds_ = kDiskPauseRounds;
  removal_log_.note(removed);
}

void SegmentsAhead::supply_segments() {
  if (!settings_.is_appended_to) return;
  while (supply_.ready.size() < SegmentSupply::kReady) {
    if (!supply_one()) return;
  }
  supply_log_.note({});
}

// Returns false if it can't be created now. The failure is logged when it matters: when no segment
// is left.
bool SegmentsAhead::supply_one() {
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
  // Asking for the bound is cheap; asking a full or failing disk isn't.
  if (refusal != AppendOutcome::kBoundReached) supply_pause_rounds_ = kDiskPauseRounds;
  if (supply_.ready.size() > 0) return false;
  supply_.shortage.store(refusal, std::memory_order_relaxed);
  supply_log_.note(made.status());
  return false;
}

void SegmentsAhead::extend_runway() {
  Segment* const active = appender_.active();
  if (active == nullptr) return;
  const std::uint64_t committed = active->committed.load(std::memory_order_acquire);
  std::uint64_t arrived = committed - std::min(last_committed_, committed);
  if (active->number != runway_.number) {
    arrived = committed + kSegmentBytes - std::min(last_committed_, kSegmentBytes);
    runway_ = {active->number, active, kFirstRecordOffset};
  }
  // Earlier ones are in use, or were abandoned and perhaps deleted.
  for (; !ahead_.empty() && ahead_.front().number <= active->number; ahead_.pop_front()) {
    if (ahead_.front().number == active->number) runway_.end = ahead_.front().end;
  }
  last_committed_ = committed;
  arrival_ = std::max(arrived, arrival_ - arrival_ / 8);
  const std::uint64_t most = std::max(settings_.runway_bytes_max, kRunwayBytesMin);
  const std::uint64_t runway = std::clamp(arrival_ * kRunwayRounds, kRunwayBytesMin, most);
  touch(runway_, committed, runway);
  // The newest ones of `ahead_` are ready. Only this thread deletes those that are put to use
  // meanwhile.
  const std::size_t ready = supply_.ready.size();
  while (ahead_.size() > ready + SegmentSupply::kReady) ahead_.pop_front();
  const std::uint64_t here = active->bytes - committed;
  if (here >= runway || ready == 0 || ahead_.size() < ready) return;
  touch(ahead_[ahead_.size() - ready], kFirstRecordOffset, runway - here);
}

// Makes the bytes from `from` on writable, in steps that are worth a call.
void SegmentsAhead::touch(Runway& runway, std::uint64_t from, std::uint64_t count) {
  if (runway.segment->mapping == nullptr) return;
  const std::uint64_t begin = std::max(runway.end, from);
  const std::uint64_t end = std::min(from + count, runway.segment->bytes);
  if (end <= begin || (end - begin < count / 4 && end < runway.segment->bytes)) return;
  runway.segment->mapping->touch(begin, end - begin);
  runway.end = end;
}

}  // namespace mongo_store::journal
