// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/synchroniser.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"

namespace mongo_store::journal {
namespace {

// The bound on one synchronisation. Between two of them, the appender gets the segments it needs.
constexpr std::uint64_t kSyncBytesMax = 1024ULL * 1024;
// The time per round for the segments that a killed run left.
constexpr std::int64_t kRecoveredSyncMs = 20;

}  // namespace

Synchroniser::Synchroniser(Settings settings, Segment* chain, std::vector<std::uint64_t> unsynced,
                           Appender& appender, SegmentSupply& supply, SegmentsAhead& ahead,
                           FileSystem& files, const Clock& clock, Logger& logger)
    : settings_(std::move(settings)),
      chain_(chain),
      appender_(appender),
      supply_(supply),
      ahead_(ahead),
      files_(files),
      clock_(clock),
      logger_(logger),
      unsynced_(std::move(unsynced)),
      safe_sequence_(appender.next_sequence()) {}

void Synchroniser::pass(const Segment& segment, Segment* next) {
  if (segment_ != &segment) return;
  segment_ = next;
  offset_ = 0;
}

// After a failure the kernel may consider the pages clean, and a second try could succeed without
// having written them. Therefore there is none: the bytes of that segment so far never count as
// durable, and the appender continues in another one.
void Synchroniser::sync_appended(bool is_last) {
  if (segment_ == nullptr) segment_ = chain_;
  // Read in this order, so that all counted records are in segments up to the active one. The loop
  // goes no further, because appending may be faster than the disk for a long time.
  const std::uint64_t sequence = appender_.next_sequence();
  const Segment* const active = appender_.active();
  for (;;) {
    Segment& segment = *segment_;
    // Read in this order: the offset is final once the segment has a successor.
    Segment* const next = segment.next.load(std::memory_order_acquire);
    const std::uint64_t committed = segment.committed.load(std::memory_order_acquire);
    const std::uint64_t from = std::max(offset_, kFirstRecordOffset);
    if (segment.file != nullptr && committed > from) {
      const Status synced = sync_segment(segment, from, committed);
      offset_ = committed;  // also after a failure, whatever comes next: there is no second try
      if (!synced.is_ok()) {
        if (next == nullptr) supply_.must_seal.store(true, std::memory_order_relaxed);
        log_unsafe(std::max(safe_sequence_, segment.first_sequence), synced);
      } else if (is_failing_) {
        is_failing_ = false;
        logger_.log(LogLevel::kNotice, "journal: appended records are synchronised again");
      }
    }
    if (next == nullptr || &segment == active) {
      // The sequence number is incremented before the offset, so the last record may not be
      // complete yet.
      safe_sequence_ = std::max(safe_sequence_, is_last ? sequence : sequence - 1);
      return;
    }
    segment.mapping.reset();
    segment.file.reset();
    segment_ = next;
    offset_ = 0;
  }
}

Status Synchroniser::sync_segment(Segment& segment, std::uint64_t from, std::uint64_t to) {
  if (settings_.is_appender_syncing) return {};
  if (segment.mapping == nullptr) return segment.file->sync();
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t count = std::min(kSyncBytesMax, to - at);
    Status synced = segment.mapping->sync(at, count);
    if (!synced.is_ok()) return synced;
    at += count;
    ahead_.keep();
  }
  return {};
}

// A killed process leaves its last records to the kernel, which writes them at some time. A power
// loss could lose those, and spare the records of this run. The newest segments come first, because
// they contain them. The time is bounded, because a long journal has many segments.
void Synchroniser::sync_recovered(const Position& settled) {
  const std::int64_t begin_ms = clock_.monotonic_ms();
  while (!unsynced_.empty()) {
    const std::uint64_t number = unsynced_.back();
    const Status synced = number < settled.segment ? Status() : sync_file(number);
    if (!synced.is_ok()) log_unsafe(settled.sequence, synced);
    unsynced_.pop_back();
    if (clock_.monotonic_ms() - begin_ms >= kRecoveredSyncMs) return;
    ahead_.keep();
  }
}

Status Synchroniser::sync_file(std::uint64_t number) {
  const Result<std::unique_ptr<File>> file =
      files_.open(text(settings_.directory, '/', segment_name(number)));
  return file.is_ok() ? file.value()->sync() : file.status();
}

void Synchroniser::log_unsafe(std::uint64_t first_sequence, const Status& why) {
  is_any_unsafe_ = true;
  if (is_failing_) return;
  is_failing_ = true;
  logger_.log(
      LogLevel::kError,
      text("journal: ", why.message(), "; until they are delivered, a power loss can lose ",
           "records from sequence number ", first_sequence, " on; continuing in another segment"));
}

}  // namespace mongo_store::journal
