// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/appender.h"

#include <cstring>
#include <utility>

namespace mongo_store::journal {

Appender::Appender(Settings settings, Segment* last, SegmentMaker& maker, SegmentSupply& supply)
    : settings_(settings),
      last_(last),
      maker_(maker),
      supply_(supply),
      next_sequence_(settings.next_sequence) {}

AppendOutcome Appender::append(const ObjectId& id, ByteView head, ByteView payload) {
  const std::uint64_t body_bytes = head.size() + payload.size();
  if (body_bytes > kRecordBodyBytesMax) return AppendOutcome::kDiskFailed;
  const std::uint64_t bytes = record_bytes(body_bytes);
  if (!has_room(bytes)) {
    const AppendOutcome rolled = roll();
    if (rolled != AppendOutcome::kAppended) return refuse(rolled);
  }
  const std::uint64_t sequence = next_sequence_.load(std::memory_order_relaxed);
  const std::span<std::byte> place = place_for(bytes);
  std::byte* to = place.data();
  encode_record_header({0, sequence, static_cast<std::uint32_t>(body_bytes), id}, segment_->epoch,
                       end_, to);
  if (!head.empty()) std::memcpy(to + kRecordHeaderBytes, head.data(), head.size());
  if (!payload.empty()) {
    std::memcpy(to + kRecordHeaderBytes + head.size(), payload.data(), payload.size());
  }
  const ByteView record = place.first(kRecordHeaderBytes + body_bytes);
  // The sequence number is written last. A process that is killed before leaves a zero there: no
  // record, rather than a torn one. An interrupted thread's stores are in program order, so only
  // the compiler must be held back.
  std::atomic_signal_fence(std::memory_order_release);
  store_le(to, record_checksum(record, segment_->epoch, end_));

  Status durable = make_durable(place);
  if (!durable.is_ok()) return withdraw(std::move(durable), place);
  end_ += bytes;
  next_sequence_.store(sequence + 1, std::memory_order_release);
  segment_->committed.store(end_, std::memory_order_release);
  if (fresh_ != nullptr) link_fresh();
  if (is_refusing()) is_refusing_.store(false, std::memory_order_relaxed);
  return AppendOutcome::kAppended;
}

bool Appender::has_room(std::uint64_t bytes) const {
  return segment_ != nullptr && end_ + bytes <= segment_->bytes &&
         !supply_.must_seal.load(std::memory_order_relaxed);
}

AppendOutcome Appender::roll() {
  std::unique_ptr<Segment> next = next_ready();
  if (next == nullptr) {
    const AppendOutcome shortage = supply_.shortage.load(std::memory_order_relaxed);
    if (shortage != AppendOutcome::kAppended) {
      last_failure_ = {};  // the journal's thread knows the reason
      return shortage;
    }
    Result<std::unique_ptr<Segment>> made = maker_.make();
    if (!made.is_ok()) {
      last_failure_ = made.status();
      const AppendOutcome refusal = refusal_for(last_failure_);
      supply_.shortage.store(refusal, std::memory_order_relaxed);
      return refusal;
    }
    inline_segments_.fetch_add(1, std::memory_order_relaxed);
    next = std::move(made).value();
  }
  supply_.must_seal.store(false, std::memory_order_relaxed);
  next->first_sequence = next_sequence_.load(std::memory_order_relaxed);
  if (next->mapping == nullptr) staging_.resize(record_bytes(kRecordBodyBytesMax));
  fresh_ = std::move(next);
  segment_ = fresh_.get();
  end_ = kFirstRecordOffset;
  return AppendOutcome::kAppended;
}

// Segments with a smaller number than the last one were overtaken by one that was created here.
std::unique_ptr<Segment> Appender::next_ready() {
  for (;;) {
    std::unique_ptr<Segment> segment = supply_.ready.take();
    if (segment == nullptr || segment->number > last_->number) return segment;
    maker_.abandon(std::move(segment));
  }
}

std::span<std::byte> Appender::place_for(std::uint64_t bytes) {
  if (segment_->mapping != nullptr) return segment_->mapping->bytes().subspan(end_, bytes);
  const std::span<std::byte> place = std::span<std::byte>(staging_).first(bytes);
  std::memset(place.last(kRecordAlignment).data(), 0, kRecordAlignment);  // the padding
  return place;
}

Status Appender::make_durable(ByteView record) {
  if (segment_->mapping == nullptr) {
    Status written = segment_->file->write(end_, record);
    if (!written.is_ok() || !settings_.is_always_synced) return written;
    return segment_->file->sync();
  }
  return settings_.is_always_synced ? segment_->mapping->sync(end_, record.size()) : Status();
}

// The order matters: once the last segment has a successor it may be retired, and then active()
// must not point to it.
void Appender::link_fresh() {
  Segment* const segment = fresh_.release();  // owned by the chain from now on
  active_.store(segment, std::memory_order_release);
  last_->next.store(segment, std::memory_order_release);
  last_ = segment;
}

// The sequence number will be used again, so this record must not be found. If that can't be
// ensured, the number is skipped: it counts as damaged, or as a record if the record is found after
// all.
AppendOutcome Appender::withdraw(Status why, std::span<std::byte> place) {
  std::memset(place.data(), 0, place.size());
  const Status wiped = make_durable(place);
  if (!wiped.is_ok()) next_sequence_.fetch_add(1, std::memory_order_release);
  segment_ = nullptr;
  if (fresh_ != nullptr) maker_.abandon(std::move(fresh_));
  last_failure_ = std::move(why);
  return refuse(refusal_for(last_failure_));
}

AppendOutcome Appender::refuse(AppendOutcome outcome) {
  is_refusing_.store(true, std::memory_order_relaxed);
  return outcome;
}

}  // namespace mongo_store::journal
