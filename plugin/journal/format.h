// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"

// The journal's on-disk format. docs/journal-format.md describes each field and the reason for it.
namespace mongo_store::journal {

inline constexpr std::uint16_t kFormatVersion = 1;

// The page size of memory is this or a multiple of it. Parts of a file that were never written are
// recognised in units of this size.
inline constexpr std::uint64_t kPageBytes = 4096;

// --- Segment ------------------------------------------------------------------------------------
inline constexpr std::uint64_t kSegmentBytes = 4ULL * 1024 * 1024;  // except the last one
inline constexpr std::uint64_t kSegmentHeaderBytes =
    32ULL * 1024;  // the size of each of the two copies
inline constexpr std::uint64_t kFirstRecordOffset = 2 * kSegmentHeaderBytes;
inline constexpr std::size_t kSegmentFixedBytes = 72;
inline constexpr std::size_t kContextBytesMax = kSegmentHeaderBytes - kSegmentFixedBytes;

struct SegmentHeader {
  std::uint64_t number = 0;
  std::uint64_t epoch = 0;  // random; seeds each record's checksum
  std::uint64_t segment_bytes = kSegmentBytes;
  std::int64_t created_ms = 0;
  bool is_mapped = false;  // appended to through a map, not by write()
  ByteBuffer context;      // at most kContextBytesMax; the journal doesn't interpret it
};

// Both copies, one after the other: the file's first kFirstRecordOffset bytes.
ByteBuffer encode_segment_header(const SegmentHeader& header);
// Reads the first of the two copies that is whole. kCorrupt: neither is. kRefuse: it is whole, but
// of a newer version.
Result<SegmentHeader> decode_segment_header(ByteView first_bytes);

// --- Record -------------------------------------------------------------------------------------
inline constexpr std::size_t kRecordHeaderBytes = 32;
inline constexpr std::uint64_t kRecordAlignment = 8;
inline constexpr std::uint64_t kRecordBodyBytesMax = 2ULL * 1024 * 1024 + 2048;

// The smallest segment, which is large enough for any record. It is created if journal_max_bytes
// leaves no room for a whole segment.
inline constexpr std::uint64_t kSegmentBytesMin =
    round_up(kFirstRecordOffset + kRecordHeaderBytes + kRecordBodyBytesMax, kPageBytes);

inline constexpr std::uint64_t kSequenceEnd = std::uint64_t{1} << 48U;

struct RecordHeader {
  std::uint64_t checksum = 0;  // 0: there is no record, or only a part of one
  std::uint64_t sequence = 0;  // from 1, without gaps, over the journal's life; below kSequenceEnd
  std::uint32_t body_bytes = 0;
  ObjectId id;
};

constexpr std::uint64_t record_bytes(std::uint64_t body_bytes) {
  return round_up(kRecordHeaderBytes + body_bytes, kRecordAlignment);
}

// Writes everything except the checksum, including the header check, for a record at `offset` in a
// segment with that epoch.
void encode_record_header(const RecordHeader& header, std::uint64_t epoch, std::uint64_t offset,
                          std::byte* to);
// Reads the bytes as a header, whether they are one or not; find_record() decides that.
RecordHeader decode_record_header(const std::byte* from);
// The checksum of a whole record (header and body) without its checksum field. Never 0.
std::uint64_t record_checksum(ByteView record, std::uint64_t epoch, std::uint64_t offset);
// The header of a whole, undamaged record at the start of `bytes`, which are at `offset` in a
// segment with that epoch. No other bytes are ever mistaken for a record. Rejecting other bytes
// costs the check of 32 bytes, so that no content can make a search through a segment slow.
std::optional<RecordHeader> find_record(ByteView bytes, std::uint64_t epoch, std::uint64_t offset);

// --- Checkpoint ---------------------------------------------------------------------------------
inline constexpr std::size_t kCheckpointSlotBytes = 128;
inline constexpr std::uint64_t kCheckpointSlotOffsets[2] = {0, 4096};
inline constexpr std::uint64_t kCheckpointFileBytes = 8192;
inline constexpr std::size_t kAttemptFileBytes = 4096;
// The minimum size of a journal on disk.
inline constexpr std::uint64_t kStandingBytes = kCheckpointFileBytes + kAttemptFileBytes;

// A position between two records.
struct Position {
  std::uint64_t segment = 0;   // its number; 0: before all of them
  std::uint64_t offset = 0;    // of the next record
  std::uint64_t sequence = 1;  // of the next record

  bool operator==(const Position&) const = default;
};

// How records ended. These are the terms of the balance.
struct SettledCounts {
  std::uint64_t stored = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t damaged = 0;

  std::uint64_t total() const { return stored + duplicates + dead_lettered + damaged; }
  SettledCounts& operator+=(const SettledCounts& other);
  bool operator==(const SettledCounts&) const = default;
};

struct Checkpoint {
  std::uint64_t generation = 0;
  std::uint64_t base_sequence =
      1;              // counting starts here: settled.total() = position.sequence - it
  Position position;  // everything before it is settled
  std::uint64_t next_sequence = 1;  // no number below it is used again, found or not
  SettledCounts settled;
  ObjectId last_id;       // no identifier that was used is greater
  bool is_clean = false;  // written at an orderly end; nothing was appended since
};

ByteBuffer encode_checkpoint(const Checkpoint& checkpoint);
Result<Checkpoint> decode_checkpoint(ByteView slot);

// --- Names --------------------------------------------------------------------------------------
inline constexpr const char* kLockName = "lock";
inline constexpr const char* kCheckpointName = "checkpoint";
inline constexpr const char* kAttemptsName = "attempts";
std::string segment_name(std::uint64_t number);  // 0000000000000001.segment
std::string unfinished_segment_name(
    std::uint64_t number);  // the same name plus .new, while it is being created
std::string damaged_name(std::uint64_t number, std::uint64_t offset);  // …-00010000.damaged
std::string payload_name(const ObjectId& id);                          // 24 digits, .payload
std::optional<std::uint64_t> segment_number(const std::string& name);
std::optional<std::uint64_t> unfinished_segment_number(const std::string& name);
bool is_damaged_name(const std::string& name);
bool is_payload_name(const std::string& name);

}  // namespace mongo_store::journal
