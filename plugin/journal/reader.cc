// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

// Whether the device returns any byte of the file. Zeros prove nothing: bytes that were never
// written are known to be zeros without asking the device.
bool is_device_there(File& file) {
  constexpr std::uint64_t kProbes = 16;
  alignas(kPageBytes) std::byte page[kPageBytes];
  const auto has_data = [&](std::uint64_t offset) {
    const Result<std::size_t> read = file.read_device(offset, page);
    return read.is_ok() && nonzero_end(ByteView(page, read.value())) > 0;
  };
  if (has_data(0) || has_data(kSegmentHeaderBytes)) return true;
  constexpr std::uint64_t kStep =
      round_down((kSegmentBytes - kFirstRecordOffset) / kProbes, kPageBytes);
  for (std::uint64_t at = kFirstRecordOffset; at < kSegmentBytes; at += kStep) {
    if (has_data(at)) return true;
  }
  return false;
}

}  // namespace

Reader::Reader(std::string directory, Segment* chain, Position from, FileSystem& files,
               DamageStore& damage)
    : directory_(std::move(directory)),
      files_(files),
      damage_(damage),
      segment_(chain),
      position_(from),
      handed_out_(from),
      from_(from) {}

Result<bool> Reader::read(ReadBatch& batch, std::size_t records_max, std::size_t bytes_max) {
  begin_batch(batch, records_max);
  for (;;) {
    const Result<Step> stepped = step(batch, records_max, bytes_max);
    if (!stepped.is_ok()) return stepped.status();
    if (stepped.value() == Step::kMoved) continue;
    end_batch(batch);
    return stepped.value() == Step::kRecords || !(batch.begin == batch.end);
  }
}

// A batch begins where the last one that was handed out ended. Damage that a failed call passed is
// reported by the next call. Room is reserved first, so that nothing can fail between passing a
// record and handing it out.
void Reader::begin_batch(ReadBatch& batch, std::size_t records_max) {
  batch.records.clear();
  batch.records.reserve(records_max);
  batch.begin = handed_out_;
  batch.damaged = 0;
  batch.last_id = {};
}

void Reader::end_batch(ReadBatch& batch) {
  handed_out_ = position_;
  batch.end = position_;
  batch.damaged = batch.end.sequence - batch.begin.sequence - batch.records.size();
  if (!batch.records.empty()) batch.last_id = batch.records.back().id;
}

Result<Reader::Step> Reader::step(ReadBatch& batch, std::size_t records_max,
                                  std::size_t bytes_max) {
  if (segment_->number != 0 && file_ == nullptr && !is_unreadable_) {
    const Status opened = open_segment();
    if (!opened.is_ok()) return opened;
  }
  // Must be read before the offset: the committed bytes of a segment don't change once it has a
  // successor.
  const bool is_sealed = segment_->is_sealed();
  const std::uint64_t limit = segment_->committed.load(std::memory_order_acquire);
  if (is_unreadable_) position_.offset = limit;
  if (segment_->number != 0 && position_.offset < limit) {
    const Status loaded = load(batch, std::min<std::uint64_t>(bytes_max, limit - position_.offset));
    if (!loaded.is_ok()) return loaded;
    return parse(batch, records_max, limit);
  }
  pass_numbers(segment_->end_sequence);
  if (!is_sealed) return Step::kNothing;
  return move_on() ? Step::kMoved : Step::kNothing;
}

bool Reader::move_on() {
  Segment* const next = segment_->next.load(std::memory_order_acquire);
  if (next == nullptr) return false;
  segment_ = next;
  file_.reset();
  failed_reads_ = 0;
  failed_end_ = 0;
  is_unreadable_ = false;
  const bool is_resumed = next->number == from_.segment && position_.segment == from_.segment;
  position_.segment = next->number;
  position_.offset = is_resumed ? std::max(from_.offset, kFirstRecordOffset) : kFirstRecordOffset;
  // The first number of a segment of this run is known. The missing numbers before it were damage.
  pass_numbers(next->first_sequence);
  return true;
}

// Continues with the sequence number `to`. The skipped numbers have no record.
void Reader::pass_numbers(std::uint64_t to) {
  if (to <= position_.sequence) return;
  damage_.log_missing(segment_->number, position_.offset, position_.sequence, to);
  position_.sequence = to;
}

Status Reader::open_segment() {
  Result<std::unique_ptr<File>> file =
      files_.open(text(directory_, '/', segment_name(segment_->number)));
  // This includes a file that doesn't exist: it existed at the start, so its folder may be
  // unavailable for a while.
  if (!file.is_ok()) return file.status();
  ByteBuffer header_bytes(kFirstRecordOffset);
  const Result<std::uint64_t> read = read_file(*file.value(), 0, header_bytes);
  if (!read.is_ok()) return read.status();
  Result<SegmentHeader> header = decode_segment_header(header_bytes);
  if (header.code() == StatusCode::kRefuse) return header.status();
  if (!header.is_ok()) {
    const Result<std::uint64_t> bytes = file.value()->size();
    damage_.set_aside(*file.value(), segment_->number, 0,
                      bytes.is_ok() ? bytes.value() : kSegmentBytes);
    is_unreadable_ = true;
    return {};
  }
  epoch_ = header.value().epoch;
  context_ = std::move(header).value().context;
  file_ = std::move(file).value();
  return {};
}

Status Reader::load(ReadBatch& batch, std::uint64_t bytes) {
  batch.context = context_;
  batch.bytes.resize(bytes);
  const Result<std::uint64_t> read = read_file(*file_, position_.offset, batch.bytes);
  if (!read.is_ok()) return read.status();
  batch.bytes.resize(read.value());
  return {};
}

// Returns how many bytes of `to` the file has. A failure is over once everything that failed has
// been read.
Result<std::uint64_t> Reader::read_file(File& file, std::uint64_t offset, std::span<std::byte> to) {
  const std::uint64_t end = offset + to.size();
  const Result<std::size_t> read = file.read(offset, to);
  if (read.is_ok()) {
    if (end >= failed_end_) failed_reads_ = 0;
    return std::uint64_t{read.value()};
  }
  failed_end_ = std::max(failed_end_, end);
  if (++failed_reads_ < kReadTries) return read.status();
  const Status given_up = read_around_bad_sectors(file, offset, to);
  if (!given_up.is_ok()) return given_up;
  return std::uint64_t{to.size()};
}

// Fills `to` with the bytes that can be read, and with zeros.
Status Reader::read_around_bad_sectors(File& file, std::uint64_t offset, std::span<std::byte> to) {
  const Result<Unread> unread = read_around(file, offset, to);
  const bool is_device_gone =
      (!unread.is_ok() || unread.value().bytes > 0) && !is_device_there(file);
  if (!is_device_gone) return {};
  return Status::io(
      text("the device returns nothing of ", directory_, '/', segment_name(segment_->number)));
}

Result<Reader::Step> Reader::parse(ReadBatch& batch, std::size_t records_max, std::uint64_t limit) {
  const std::uint64_t start = position_.offset;
  std::uint64_t at = 0;
  while (at < batch.bytes.size() && batch.records.size() < records_max) {
    const ByteView rest = ByteView(batch.bytes).subspan(at);
    const auto record = find_record(rest, epoch_, start + at);
    if (!record) break;
    if (record->sequence >= position_.sequence) {
      pass_numbers(record->sequence);
      batch.records.push_back(
          {record->sequence, record->id, rest.subspan(kRecordHeaderBytes, record->body_bytes)});
      position_.sequence = record->sequence + 1;
    }
    at += record_bytes(record->body_bytes);
    position_.offset = start + at;
  }
  if (!batch.records.empty()) return Step::kRecords;
  if (at > 0) return Step::kMoved;
  // Either a record that is larger than the requested bytes, or bytes that aren't a record.
  const std::uint64_t most = std::min(limit - start, record_bytes(kRecordBodyBytesMax));
  if (batch.bytes.size() < most) {
    const Status loaded = load(batch, most);
    if (!loaded.is_ok()) return loaded;
    if (find_record(batch.bytes, epoch_, start)) return parse(batch, 1, limit);
  }
  const Status passed = pass_damage(limit);
  if (!passed.is_ok()) return passed;
  return Step::kMoved;
}

Status Reader::pass_damage(std::uint64_t limit) {
  ByteBuffer rest(limit - position_.offset);
  const Result<std::uint64_t> read = read_file(*file_, position_.offset, rest);
  if (!read.is_ok()) return read.status();
  const auto next = next_record_at(rest, position_.offset, 0, epoch_, position_.sequence);
  const std::uint64_t damaged_end = next ? *next : nonzero_end(rest);
  if (damaged_end > 0) {
    damage_.set_aside(*file_, segment_->number, position_.offset, position_.offset + damaged_end);
  }
  position_.offset = next ? position_.offset + *next : limit;
  return {};
}

}  // namespace mongo_store::journal
