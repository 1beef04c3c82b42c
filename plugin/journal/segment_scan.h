// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/status.h"
#include "journal/file_system.h"
#include "journal/format.h"

namespace mongo_store::journal {

// The place of the next whole record in `bytes`, which are at `base_offset` in a segment. The
// search starts at `from` (an index, a multiple of kRecordAlignment). Records with a sequence
// number below `sequence_min` don't count. nullopt: there is none.
std::optional<std::uint64_t> next_record_at(ByteView bytes, std::uint64_t base_offset,
                                            std::uint64_t from, std::uint64_t epoch,
                                            std::uint64_t sequence_min);

// The index of the first byte from `from` on that isn't zero; bytes.size() if all are zero.
std::uint64_t first_nonzero(ByteView bytes, std::uint64_t from);
// The index after the last byte that isn't zero; 0 if all are zero.
std::uint64_t nonzero_end(ByteView bytes);

// The content of a segment of an earlier run.
struct SegmentScan {
  std::uint64_t records = 0;
  std::uint64_t passed = 0;         // bytes before a record that belong to no record
  std::uint64_t last_sequence = 0;  // 0: no record
  ObjectId last_id;
  std::uint64_t records_end = kFirstRecordOffset;  // after the last whole record
  std::uint64_t residue_end = kFirstRecordOffset;  // after the last byte that isn't zero
};

using RecordSight = std::function<void(std::uint64_t offset, const RecordHeader& header)>;

// `bytes`: the file from its beginning. `on_record` is called with each whole record, in order.
SegmentScan scan_segment(ByteView bytes, std::uint64_t epoch, const RecordSight& on_record = {});

// Whether the bytes after the last whole record can be the record that was being written when the
// process ended. Its checksum, which is stored last, is missing; or, if records are appended by
// write(), it ends at a page, like an interrupted write. Nothing may follow it.
bool is_half_written(ByteView bytes, const SegmentScan& scan, bool is_mapped);

// The bytes of a file that can't be read: their number, and the place of their last run.
struct Unread {
  std::uint64_t bytes = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Reads everything that can be read. Pages on a bad sector remain zeros, and are returned. kIo:
// nothing can be read, so a bad sector isn't the cause.
Result<Unread> read_around(File& file, std::uint64_t offset, std::span<std::byte> to);

// How many records the residue may contain: those whose headers are still in sequence, and one for
// the bytes after them.
std::uint64_t count_damaged(ByteView bytes, const SegmentScan& scan, std::uint64_t next_sequence);

}  // namespace mongo_store::journal
