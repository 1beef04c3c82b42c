// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "base/text.h"

namespace mongo_store::journal {
namespace {

constexpr std::string_view kSegmentMagic = "MMSSEGMT";
constexpr std::string_view kCheckpointMagic = "MMSCHKPT";
constexpr std::string_view kSegmentSuffix = ".segment";
constexpr const char* kUnfinishedSuffix = ".new";
constexpr std::string_view kDamagedSuffix = ".damaged";
constexpr std::string_view kPayloadSuffix = ".payload";
constexpr std::size_t kNumberDigits = 16;
constexpr std::uint32_t kMappedFlag = 1;
constexpr std::size_t kCheckpointChecksumOffset = kCheckpointSlotBytes - 8;
// Offsets within a record's header.
constexpr std::size_t kSequenceOffset = 8;
constexpr std::size_t kHeaderCheckOffset = 14;
constexpr std::size_t kBodyBytesOffset = 16;
constexpr std::size_t kIdOffset = 20;

std::uint64_t hash(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// The fixed part ends with the checksum over itself and over the context that follows it.
constexpr std::size_t kSegmentChecksumOffset = kSegmentFixedBytes - 8;

std::uint64_t header_checksum(ByteView fixed, ByteView context) {
  return hash(context, hash(fixed.first(kSegmentChecksumOffset), 0));
}

void encode_copy(const SegmentHeader& header, std::uint16_t copy, std::span<std::byte> to) {
  ByteWriter writer(to);
  writer.put_bytes(as_bytes(kSegmentMagic));
  writer.put(kFormatVersion);
  writer.put(copy);
  writer.put(static_cast<std::uint32_t>(kSegmentHeaderBytes));
  writer.put(header.number);
  writer.put(header.epoch);
  writer.put(header.segment_bytes);
  writer.put(static_cast<std::uint64_t>(header.created_ms));
  writer.put(static_cast<std::uint32_t>(header.context.size()));
  writer.put(std::uint32_t{header.is_mapped ? kMappedFlag : 0});
  writer.put(std::uint64_t{0});
  writer.put(header_checksum(to.first(kSegmentFixedBytes), header.context));
  writer.put_bytes(header.context);
}

// Only if the checksum, whose place is the same in every version, is right: a flipped bit is no
// newer version.
Status newer_version(std::uint16_t version) {
  return Status::refuse(
      text("it has format version ", version, ", this program reads up to ", kFormatVersion));
}

Result<SegmentHeader> decode_copy(ByteView bytes) {
  ByteReader reader(bytes);
  if (as_text(reader.get_bytes(kSegmentMagic.size())) != kSegmentMagic) {
    return Status::corrupt("it doesn't begin with a segment header");
  }
  const auto version = reader.get<std::uint16_t>();
  reader.get<std::uint16_t>();
  reader.get<std::uint32_t>();
  SegmentHeader header;
  header.number = reader.get<std::uint64_t>();
  header.epoch = reader.get<std::uint64_t>();
  header.segment_bytes = reader.get<std::uint64_t>();
  header.created_ms = static_cast<std::int64_t>(reader.get<std::uint64_t>());
  const auto context_bytes = reader.get<std::uint32_t>();
  header.is_mapped = (reader.get<std::uint32_t>() & kMappedFlag) != 0;
  reader.get<std::uint64_t>();
  const auto checksum = reader.get<std::uint64_t>();
  const ByteView context = reader.get_bytes(context_bytes);
  if (reader.is_overrun() || checksum != header_checksum(bytes, context)) {
    return Status::corrupt("its header is damaged");
  }
  if (version > kFormatVersion) return newer_version(version);
  header.context.assign(context.begin(), context.end());
  return header;
}

std::string hex_name(std::uint64_t number, std::string_view rest) {
  char digits[kNumberDigits + 1];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(number));
  return text(std::string_view(digits), rest);
}

// A reader that begins at another offset, or in another segment, computes another sum.
std::uint64_t record_seed(std::uint64_t epoch, std::uint64_t offset) {
  return epoch ^ (offset * 0x9E3779B97F4A7C15ULL);
}

// Over the header's 24 bytes after the checksum, with this check as zeros.
std::uint16_t header_check(const std::byte* header, std::uint64_t seed) {
  std::byte fields[kRecordHeaderBytes - kSequenceOffset];
  std::memcpy(fields, header + kSequenceOffset, sizeof(fields));
  store_le(fields + kHeaderCheckOffset - kSequenceOffset, std::uint16_t{0});
  return static_cast<std::uint16_t>(hash(fields, seed));
}

}  // namespace

ByteBuffer encode_segment_header(const SegmentHeader& header) {
  ByteBuffer bytes(kFirstRecordOffset);
  const std::span<std::byte> all(bytes);
  encode_copy(header, 0, all.first(kSegmentHeaderBytes));
  encode_copy(header, 1, all.subspan(kSegmentHeaderBytes));
  return bytes;
}

Result<SegmentHeader> decode_segment_header(ByteView first_bytes) {
  const auto size = std::min<std::size_t>(first_bytes.size(), kSegmentHeaderBytes);
  Result<SegmentHeader> first = decode_copy(first_bytes.first(size));
  if (first.is_ok() || first_bytes.size() < kFirstRecordOffset) return first;
  Result<SegmentHeader> second =
      decode_copy(first_bytes.subspan(kSegmentHeaderBytes, kSegmentHeaderBytes));
  return second.is_ok() || first.code() != StatusCode::kRefuse ? second : first;
}

void encode_record_header(const RecordHeader& header, std::uint64_t epoch, std::uint64_t offset,
                          std::byte* to) {
  store_le(to + kSequenceOffset, header.sequence);
  store_le(to + kBodyBytesOffset, header.body_bytes);
  std::memcpy(to + kIdOffset, header.id.bytes.data(), ObjectId::kBytes);
  store_le(to + kHeaderCheckOffset, header_check(to, record_seed(epoch, offset)));
}

RecordHeader decode_record_header(const std::byte* from) {
  RecordHeader header;
  header.checksum = load_le<std::uint64_t>(from);
  header.sequence = load_le<std::uint64_t>(from + kSequenceOffset) % kSequenceEnd;
  header.body_bytes = load_le<std::uint32_t>(from + kBodyBytesOffset);
  std::memcpy(header.id.bytes.data(), from + kIdOffset, ObjectId::kBytes);
  return header;
}

std::uint64_t record_checksum(ByteView record, std::uint64_t epoch, std::uint64_t offset) {
  const std::uint64_t sum = hash(record.subspan(kSequenceOffset), record_seed(epoch, offset));
  return sum == 0 ? 1 : sum;
}

std::optional<RecordHeader> find_record(ByteView bytes, std::uint64_t epoch, std::uint64_t offset) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const RecordHeader header = decode_record_header(bytes.data());
  if (header.checksum == 0 || header.sequence == 0) return std::nullopt;
  if (header.body_bytes > kRecordBodyBytesMax) return std::nullopt;
  const std::size_t whole = kRecordHeaderBytes + header.body_bytes;
  if (whole > bytes.size()) return std::nullopt;
  if (load_le<std::uint16_t>(bytes.data() + kHeaderCheckOffset) !=
      header_check(bytes.data(), record_seed(epoch, offset))) {
    return std::nullopt;
  }
  if (record_checksum(bytes.first(whole), epoch, offset) != header.checksum) return std::nullopt;
  return header;
}

SettledCounts& SettledCounts::operator+=(const SettledCounts& other) {
  stored += other.stored;
  duplicates += other.duplicates;
  dead_lettered += other.dead_lettered;
  damaged += other.damaged;
  return *this;
}

ByteBuffer encode_checkpoint(const Checkpoint& checkpoint) {
  ByteBuffer slot(kCheckpointSlotBytes);
  ByteWriter writer(slot);
  writer.put_bytes(as_bytes(kCheckpointMagic));
  writer.put(kFormatVersion);
  writer.put(static_cast<std::uint16_t>(checkpoint.is_clean ? 1 : 0));
  writer.put_bytes(checkpoint.last_id.bytes);
  writer.put(checkpoint.generation);
  writer.put(checkpoint.base_sequence);
  writer.put(checkpoint.position.segment);
  writer.put(checkpoint.position.offset);
  writer.put(checkpoint.position.sequence);
  writer.put(checkpoint.settled.stored);
  writer.put(checkpoint.settled.duplicates);
  writer.put(checkpoint.settled.dead_lettered);
  writer.put(checkpoint.settled.damaged);
  writer.put(checkpoint.next_sequence);
  store_le(slot.data() + kCheckpointChecksumOffset,
           hash(ByteView(slot).first(kCheckpointChecksumOffset), 0));
  return slot;
}

Result<Checkpoint> decode_checkpoint(ByteView slot) {
  if (slot.size() < kCheckpointSlotBytes) return Status::corrupt("the slot is cut short");
  ByteReader reader(slot);
  if (as_text(reader.get_bytes(kCheckpointMagic.size())) != kCheckpointMagic) {
    return Status::corrupt("the slot holds no checkpoint");
  }
  const auto version = reader.get<std::uint16_t>();
  const auto checksum = load_le<std::uint64_t>(slot.data() + kCheckpointChecksumOffset);
  if (checksum != hash(slot.first(kCheckpointChecksumOffset), 0)) {
    return Status::corrupt("the slot is damaged");
  }
  if (version > kFormatVersion) return newer_version(version);
  Checkpoint checkpoint;
  checkpoint.is_clean = (reader.get<std::uint16_t>() & 1) != 0;
  const ByteView id = reader.get_bytes(ObjectId::kBytes);
  std::memcpy(checkpoint.last_id.bytes.data(), id.data(), ObjectId::kBytes);
  checkpoint.generation = reader.get<std::uint64_t>();
  checkpoint.base_sequence = reader.get<std::uint64_t>();
  checkpoint.position.segment = reader.get<std::uint64_t>();
  checkpoint.position.offset = reader.get<std::uint64_t>();
  checkpoint.position.sequence = reader.get<std::uint64_t>();
  checkpoint.settled.stored = reader.get<std::uint64_t>();
  checkpoint.settled.duplicates = reader.get<std::uint64_t>();
  checkpoint.settled.dead_lettered = reader.get<std::uint64_t>();
  checkpoint.settled.damaged = reader.get<std::uint64_t>();
  checkpoint.next_sequence = reader.get<std::uint64_t>();
  return checkpoint;
}

std::string segment_name(std::uint64_t number) { return hex_name(number, kSegmentSuffix); }

std::string unfinished_segment_name(std::uint64_t number) {
  return segment_name(number) + kUnfinishedSuffix;
}

std::string damaged_name(std::uint64_t number, std::uint64_t offset) {
  char digits[16];
  std::snprintf(digits, sizeof(digits), "-%08llx", static_cast<unsigned long long>(offset));
  return hex_name(number, text(std::string_view(digits), kDamagedSuffix));
}

std::string payload_name(const ObjectId& id) { return text(id.hex(), kPayloadSuffix); }

std::optional<std::uint64_t> segment_number(const std::string& name) {
  if (name.size() != kNumberDigits + kSegmentSuffix.size()) return std::nullopt;
  if (!std::string_view(name).ends_with(kSegmentSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + kNumberDigits;
  const auto parsed = std::from_chars(name.data(), end, number, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> unfinished_segment_number(const std::string& name) {
  if (!name.ends_with(kUnfinishedSuffix)) return std::nullopt;
  return segment_number(name.substr(0, name.size() - std::strlen(kUnfinishedSuffix)));
}

bool is_damaged_name(const std::string& name) {
  return std::string_view(name).ends_with(kDamagedSuffix);
}

bool is_payload_name(const std::string& name) {
  return std::string_view(name).ends_with(kPayloadSuffix);
}

}  // namespace mongo_store::journal
