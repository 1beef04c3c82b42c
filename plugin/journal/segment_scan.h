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

// Where the next whole record begins in bytes that lie at `base_offset` of a segment, from
// `from` (an index into them, a multiple of kRecordAlignment) on. Only records with a sequence
// number of at least `sequence_min` count. nullopt: there is none.
std::optional<std::uint64_t> next_record_at(ByteView bytes, std::uint64_t base_offset,
                                            std::uint64_t from, std::uint64_t epoch,
                                            std::uint64_t sequence_min);

// Index of the first byte that isn't zero, from `from` on; bytes.size() where all are.
std::uint64_t first_nonzero(ByteView bytes, std::uint64_t from);
// Index behind the last byte that isn't zero; 0 where all are.
std::uint64_t nonzero_end(ByteView bytes);

// What a segment of an earlier run holds.
struct SegmentScan {
  std::uint64_t records = 0;
  std::uint64_t passed = 0;         // bytes before a record that belong to none
  std::uint64_t last_sequence = 0;  // 0: no record
  ObjectId last_id;
  std::uint64_t records_end = kFirstRecordOffset;  // behind the last whole record
  std::uint64_t residue_end = kFirstRecordOffset;  // behind the last byte that isn't zero
};

using RecordSight = std::function<void(std::uint64_t offset, const RecordHeader& header)>;

// `bytes`: the file from its beginning. Each whole record is shown to `on_record`, in order.
SegmentScan scan_segment(ByteView bytes, std::uint64_t epoch, const RecordSight& on_record = {});

// Whether what stands behind the last whole record can be the one that was being written when the
// process ended: its checksum, which is stored last, isn't there yet; or, where records are
// appended by write(), it was cut at a page, as an interrupted write is. Nothing may stand behind
// it.
bool is_half_written(ByteView bytes, const SegmentScan& scan, bool is_mapped);

// Bytes of a file that can't be read: how many, and where the last run of them is.
struct Unread {
  std::uint64_t bytes = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Reads what can be read: pages on a bad sector are left zeros, and returned. kIo: none of it can
// be read, so it isn't a sector that is bad.
Result<Unread> read_around(File& file, std::uint64_t offset, std::span<std::byte> to);

// How many records the residue stands for: as many as their headers still name in sequence, and
// one for what follows them.
std::uint64_t count_damaged(ByteView bytes, const SegmentScan& scan, std::uint64_t next_sequence);

}  // namespace mongo_store::journal
