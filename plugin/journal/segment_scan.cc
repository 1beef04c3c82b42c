// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/segment_scan.h"

#include <algorithm>
#include <cstring>

namespace mongo_store::journal {
namespace {

// The remains of an interrupted write end at a page. Their last bytes may happen to be zeros.
constexpr std::uint64_t kZerosBeforeCutMax = 64;

bool is_zero_page(const std::byte* page) {
  static constexpr std::byte kZeros[kPageBytes] = {};
  return std::memcmp(page, kZeros, kPageBytes) == 0;
}

// The header of a possibly damaged record: in sequence, and of a length that fits the segment.
std::optional<RecordHeader> plausible_header(ByteView bytes, std::uint64_t offset,
                                             std::uint64_t sequence) {
  if (offset + kRecordHeaderBytes > bytes.size()) return std::nullopt;
  const RecordHeader header = decode_record_header(bytes.data() + offset);
  if (header.sequence != sequence || header.body_bytes > kRecordBodyBytesMax) return std::nullopt;
  if (offset + record_bytes(header.body_bytes) > bytes.size()) return std::nullopt;
  return header;
}

}  // namespace

std::optional<std::uint64_t> next_record_at(ByteView bytes, std::uint64_t base_offset,
                                            std::uint64_t from, std::uint64_t epoch,
                                            std::uint64_t sequence_min) {
  for (std::uint64_t at = from; at + kRecordHeaderBytes <= bytes.size(); at += kRecordAlignment) {
    // No record has a checksum of zero, and most bytes of a segment may be zeros.
    if (load_le<std::uint64_t>(&bytes[at]) == 0) {
      at = round_down(first_nonzero(bytes, at), kRecordAlignment);
      if (at + kRecordHeaderBytes > bytes.size()) break;
    }
    const auto record = find_record(bytes.subspan(at), epoch, base_offset + at);
    if (record && record->sequence >= sequence_min) return at;
  }
  return std::nullopt;
}

std::uint64_t first_nonzero(ByteView bytes, std::uint64_t from) {
  std::uint64_t at = from;
  while (at + kPageBytes <= bytes.size() && is_zero_page(&bytes[at])) at += kPageBytes;
  while (at < bytes.size() && bytes[at] == std::byte{0}) ++at;
  return at;
}

std::uint64_t nonzero_end(ByteView bytes) {
  std::uint64_t end = bytes.size();
  while (end >= kPageBytes && is_zero_page(&bytes[end - kPageBytes])) end -= kPageBytes;
  while (end > 0 && bytes[end - 1] == std::byte{0}) --end;
  return end;
}

SegmentScan scan_segment(ByteView bytes, std::uint64_t epoch, const RecordSight& on_record) {
  SegmentScan scan;
  std::uint64_t at = kFirstRecordOffset;
  while (at < bytes.size()) {
    const auto record = find_record(bytes.subspan(at), epoch, at);
    if (record) {
      if (on_record) on_record(at, *record);
      ++scan.records;
      scan.passed += at - scan.records_end;
      scan.last_sequence = record->sequence;
      scan.last_id = record->id;
      at += record_bytes(record->body_bytes);
      scan.records_end = at;
      continue;
    }
    // Zeros up to the end are the normal case, and need no search for a checksum.
    const std::uint64_t residue = round_down(first_nonzero(bytes, at), kRecordAlignment);
    if (residue >= bytes.size()) break;
    const auto next = next_record_at(bytes, 0, residue, epoch, scan.last_sequence + 1);
    if (!next) break;
    at = *next;
  }
  scan.residue_end = std::max(scan.records_end, nonzero_end(bytes));
  return scan;
}

bool is_half_written(ByteView bytes, const SegmentScan& scan, bool is_mapped) {
  const std::uint64_t at = scan.records_end;
  if (at + kRecordHeaderBytes > bytes.size()) return false;
  const RecordHeader header = decode_record_header(bytes.data() + at);
  const bool is_length_there = header.sequence != 0 && header.body_bytes <= kRecordBodyBytesMax;
  const std::uint64_t end =
      at + record_bytes(is_length_there ? header.body_bytes : kRecordBodyBytesMax);
  if (scan.residue_end > end) return false;
  if (header.checksum == 0) return true;
  if (is_mapped) return false;
  const std::uint64_t cut = round_up(scan.residue_end, kPageBytes);
  return cut < end && cut - scan.residue_end < kZerosBeforeCutMax;
}

Result<Unread> read_around(File& file, std::uint64_t offset, std::span<std::byte> to) {
  const Result<std::size_t> whole = file.read(offset, to);
  if (whole.is_ok()) return Unread{};
  Unread unread;
  for (std::uint64_t at = 0; at < to.size();) {
    const std::uint64_t page_end = round_down(offset + at, kPageBytes) + kPageBytes - offset;
    const auto page = to.subspan(at, std::min<std::uint64_t>(page_end, to.size()) - at);
    if (!file.read(offset + at, page).is_ok()) {
      std::fill(page.begin(), page.end(), std::byte{0});
      if (unread.end != offset + at) unread.begin = offset + at;
      unread.end = offset + at + page.size();
      unread.bytes += page.size();
    }
    at += page.size();
  }
  if (unread.bytes == to.size()) return whole.status();
  return unread;
}

std::uint64_t count_damaged(ByteView bytes, const SegmentScan& scan, std::uint64_t next_sequence) {
  std::uint64_t at = scan.records_end;
  std::uint64_t count = 0;
  while (at < scan.residue_end) {
    const auto header = plausible_header(bytes, at, next_sequence + count);
    if (!header) return count + 1;
    ++count;
    at += record_bytes(header->body_bytes);
  }
  return count;
}

}  // namespace mongo_store::journal
