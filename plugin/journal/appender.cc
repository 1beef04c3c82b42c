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
  if (body_bytes > kRecordBodyBytesMax) return AppendOutcome::kFailed;
  const std::uint64_t bytes = record_bytes(body_bytes);
  if (!has_room(bytes) && !roll()) {
    is_refusing_.store(true, std::memory_order_relaxed);
    return AppendOutcome::kFull;
  }
  Segment& segment = *active_.load(std::memory_order_relaxed);
  const std::uint64_t sequence = next_sequence_.load(std::memory_order_relaxed);
  const std::span<std::byte> place = place_for(bytes);
  std::byte* to = place.data();
  encode_record_header({0, sequence, static_cast<std::uint32_t>(body_bytes), id}, segment.epoch,
                       end_, to);
  if (!head.empty()) std::memcpy(to + kRecordHeaderBytes, head.data(), head.size());
  if (!payload.empty()) {
    std::memcpy(to + kRecordHeaderBytes + head.size(), payload.data(), payload.size());
  }
  const ByteView record = place.first(kRecordHeaderBytes + body_bytes);
  // Last, so that a process killed before it leaves a zero there: no record, rather than a torn
  // one. What an interrupted thread has stored is in program order; only the compiler must be held
  // back.
  std::atomic_signal_fence(std::memory_order_release);
  store_le(to, record_checksum(record, segment.epoch, end_));

  const Status durable = make_durable(place);
  if (!durable.is_ok()) return give_up(durable, place);
  end_ += bytes;
  next_sequence_.store(sequence + 1, std::memory_order_release);
  segment.committed.store(end_, std::memory_order_release);
  if (is_refusing()) is_refusing_.store(false, std::memory_order_relaxed);
  return AppendOutcome::kAppended;
}

bool Appender::has_room(std::uint64_t bytes) const {
  return !is_sealed_ && end_ + bytes <= kSegmentBytes &&
         !supply_.must_seal.load(std::memory_order_relaxed);
}

bool Appender::roll() {
  std::unique_ptr<Segment> next = take_ready();
  if (next == nullptr) {
    if (supply_.is_exhausted.load(std::memory_order_relaxed)) return false;
    Result<std::unique_ptr<Segment>> made = maker_.make();
    if (!made.is_ok()) {
      supply_.is_exhausted.store(true, std::memory_order_relaxed);
      return false;
    }
    inline_segments_.fetch_add(1, std::memory_order_relaxed);
    next = std::move(made).value();
  }
  supply_.must_seal.store(false, std::memory_order_relaxed);
  next->first_sequence = next_sequence_.load(std::memory_order_relaxed);
  if (next->mapping == nullptr) staging_.resize(record_bytes(kRecordBodyBytesMax));
  Segment* const segment = next.release();  // the chain's from here on
  // In this order: once the last one has a next one it may be retired, and active() not point to
  // it.
  active_.store(segment, std::memory_order_release);
  last_->next.store(segment, std::memory_order_release);
  last_ = segment;
  end_ = kFirstRecordOffset;
  is_sealed_ = false;
  return true;
}

std::unique_ptr<Segment> Appender::take_ready() {
  for (;;) {
    std::unique_ptr<Segment> segment = supply_.ready.take();
    if (segment == nullptr || segment->number > last_->number) return segment;
    supply_.overtaken.put(segment);
  }
}

std::span<std::byte> Appender::place_for(std::uint64_t bytes) {
  Segment& segment = *active_.load(std::memory_order_relaxed);
  if (segment.mapping != nullptr) return segment.mapping->bytes().subspan(end_, bytes);
  const std::span<std::byte> place = std::span<std::byte>(staging_).first(bytes);
  std::memset(place.last(kRecordAlignment).data(), 0, kRecordAlignment);  // the padding
  return place;
}

Status Appender::make_durable(ByteView record) {
  Segment& segment = *active_.load(std::memory_order_relaxed);
  if (segment.mapping == nullptr) {
    Status written = segment.file->write(end_, record);
    if (!written.is_ok() || !settings_.is_always_synced) return written;
    return segment.file->sync();
  }
  return settings_.is_always_synced ? segment.mapping->sync(end_, record.size()) : Status();
}

AppendOutcome Appender::give_up(const Status& why, std::span<std::byte> place) {
  // The sequence number will be given again, so this record must not be found. Where that can't be
  // made sure of either, the number is left out: it counts as damaged, or as a record if it is
  // found.
  std::memset(place.data(), 0, place.size());
  const Status wiped = make_durable(place);
  if (!wiped.is_ok()) next_sequence_.fetch_add(1, std::memory_order_release);
  is_sealed_ = true;
  if (why.code() != StatusCode::kNoSpace) return AppendOutcome::kFailed;
  is_refusing_.store(true, std::memory_order_relaxed);
  return AppendOutcome::kFull;
}

}  // namespace mongo_store::journal
