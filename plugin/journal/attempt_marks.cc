// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/attempt_marks.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

constexpr std::string_view kMagic = "MMSATTMP";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kChecksumOffset = kHeaderBytes - 8;
// A slot has its own cache line, so that threads don't slow each other down.
constexpr std::size_t kSlotBytes = 64;
constexpr std::size_t kSuspectsOffset = kHeaderBytes + kAttemptSlots * kSlotBytes;
constexpr std::size_t kSuspectBytes = 32;
static_assert(kSuspectsOffset + kSuspectsMax * kSuspectBytes == kAttemptFileBytes);
// Offsets within a slot, and within a suspect.
constexpr std::size_t kEntryCountOffset = 8;
constexpr std::size_t kEntryIdOffset = 12;

constexpr std::size_t slot_offset(std::size_t slot) {
  return kHeaderBytes + slot % kAttemptSlots * kSlotBytes;
}

ObjectId id_at(const std::byte* entry) {
  ObjectId id;
  std::memcpy(id.bytes.data(), entry + kEntryIdOffset, ObjectId::kBytes);
  return id;
}

ByteBuffer header_bytes() {
  ByteBuffer header(kHeaderBytes);
  ByteWriter writer(header);
  writer.put_bytes(as_bytes(kMagic));
  writer.put(kVersion);
  writer.put(static_cast<std::uint16_t>(kAttemptSlots));
  store_le(header.data() + kChecksumOffset,
           std::uint64_t{XXH3_64bits_withSeed(header.data(), kChecksumOffset, 0)});
  return header;
}

bool is_ours(ByteView found) {
  const ByteBuffer header = header_bytes();
  return std::equal(header.begin(), header.end(), found.begin());
}

Result<std::unique_ptr<File>> open_file(FileSystem& files, const std::string& path) {
  Result<std::unique_ptr<File>> file = files.open_or_create(path);
  if (!file.is_ok()) return file;
  const Result<std::uint64_t> bytes = file.value()->size();
  if (!bytes.is_ok()) return bytes.status();
  // A store beyond the file's end, or into a missing block, would end the process.
  if (bytes.value() < kAttemptFileBytes) {
    const Status reserved = file.value()->allocate(kAttemptFileBytes);
    if (!reserved.is_ok()) return reserved;
  }
  return file;
}

}  // namespace

AttemptMarks::AttemptMarks() : buffer_(header_bytes()) {
  buffer_.resize(kAttemptFileBytes);
  bytes_ = buffer_.data();
}

std::unique_ptr<AttemptMarks> AttemptMarks::open(FileSystem& files, const std::string& path,
                                                 bool is_mapped, std::uint64_t settled_below,
                                                 Logger& logger) {
  auto marks = std::make_unique<AttemptMarks>();
  const Status loaded = marks->load(files, path, is_mapped, settled_below, logger);
  if (!loaded.is_ok()) {
    logger.log(LogLevel::kWarning,
               text("journal: a record that ends the process can't be detected in this run: ",
                    loaded.message()));
  }
  return marks;
}

// No other thread knows the object yet. Everything that was found is stored again in one write, so
// that a crash here loses neither marks nor suspects.
Status AttemptMarks::load(FileSystem& files, const std::string& path, bool is_mapped,
                          std::uint64_t settled_below, Logger& logger) {
  Result<std::unique_ptr<File>> file = open_file(files, path);
  if (!file.is_ok()) return file.status();
  ByteBuffer found(kAttemptFileBytes);
  const Result<std::size_t> read = file.value()->read(0, found);
  if (!read.is_ok()) return read.status();
  if (is_ours(found)) {
    adopt(found, settled_below);
    log_suspects(logger);
  } else if (nonzero_end(found) > 0) {
    logger.log(LogLevel::kWarning, text("journal: ", path,
                                        " is damaged or of another version, and is replaced; the "
                                        "records that an earlier run was working on are unknown"));
  }
  put_suspects();
  Status stored = file.value()->write(0, buffer_);
  if (!stored.is_ok()) return stored;
  if (is_mapped) {
    Result<std::unique_ptr<Mapping>> mapping = file.value()->map(kAttemptFileBytes);
    if (!mapping.is_ok()) return mapping.status();
    mapping_ = std::move(mapping).value();
    bytes_ = mapping_->bytes().data();
  }
  file_ = std::move(file).value();
  return {};
}

void AttemptMarks::adopt(ByteView found, std::uint64_t settled_below) {
  for (std::size_t i = 0; i < kSuspectsMax; ++i) {
    const std::byte* const at = found.data() + kSuspectsOffset + i * kSuspectBytes;
    const auto sequence = load_le<std::uint64_t>(at);
    if (sequence == 0 || sequence < settled_below) continue;
    suspects_.push_back(
        {sequence, load_le<std::uint32_t>(at + kEntryCountOffset), id_at(at), false});
  }
  for (std::size_t slot = 0; slot < kAttemptSlots; ++slot) {
    const std::byte* const at = found.data() + slot_offset(slot);
    const auto sequence = load_le<std::uint64_t>(at);
    if (sequence == 0 || sequence < settled_below) continue;
    suspect(sequence, id_at(at), load_le<std::uint32_t>(at + kEntryCountOffset) != 0);
  }
}

// A crash counts a second time only for a record that was tried alone. A record that was tried
// together with others may be harmless.
void AttemptMarks::suspect(std::uint64_t sequence, const ObjectId& id, bool was_alone) {
  const auto known = std::ranges::find_if(suspects_, [&](const Suspect& suspect) {
    return suspect.sequence == sequence && suspect.id == id;
  });
  if (known == suspects_.end()) {
    if (suspects_.size() < kSuspectsMax) suspects_.push_back({sequence, 1, id, true});
  } else if (was_alone) {
    ++known->crashes;
    known->is_new = true;
  }
}

void AttemptMarks::log_suspects(Logger& logger) const {
  std::string beside;
  for (const Suspect& suspect : suspects_) {
    if (!suspect.is_new) continue;
    if (suspect.crashes == 1) {
      beside += text(beside.empty() ? "" : ", ", suspect.sequence);
      continue;
    }
    logger.log(LogLevel::kError,
               text("journal: the process ended again while record ", suspect.sequence,
                    " was being decoded alone: it becomes a dead letter, undecoded"));
  }
  if (beside.empty()) return;
  logger.log(LogLevel::kWarning, text("journal: the last run ended while records were being "
                                      "decoded; each of them is tried alone now: ",
                                      beside));
}

void AttemptMarks::put_suspects() {
  std::byte* const first = bytes_ + kSuspectsOffset;
  std::fill(first, bytes_ + kAttemptFileBytes, std::byte{0});
  for (std::size_t i = 0; i < suspects_.size(); ++i) {
    std::byte* const at = first + i * kSuspectBytes;
    store_le(at, suspects_[i].sequence);
    store_le(at + kEntryCountOffset, suspects_[i].crashes);
    std::memcpy(at + kEntryIdOffset, suspects_[i].id.bytes.data(), ObjectId::kBytes);
  }
}

std::uint32_t AttemptMarks::crashes(const RecordView& record) const {
  for (const Suspect& suspect : suspects_) {
    if (suspect.sequence == record.sequence && suspect.id == record.id) return suspect.crashes;
  }
  return 0;
}

// The sequence number is written last: without it a slot is empty. The fences stop the compiler
// from reordering the stores. A process that ends leaves them in program order.
void AttemptMarks::set(std::size_t slot, const RecordView& record, bool is_alone) {
  std::byte* const at = bytes_ + slot_offset(slot);
  store_le(at, std::uint64_t{0});
  std::atomic_signal_fence(std::memory_order_seq_cst);
  store_le(at + kEntryCountOffset, std::uint32_t{is_alone});
  std::memcpy(at + kEntryIdOffset, record.id.bytes.data(), ObjectId::kBytes);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  store_le(at, record.sequence);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  write_through(slot_offset(slot), kSuspectBytes);
}

void AttemptMarks::clear(std::size_t slot) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  store_le(bytes_ + slot_offset(slot), std::uint64_t{0});
  write_through(slot_offset(slot), kSuspectBytes);
}

void AttemptMarks::acquit(const RecordView& record) {
  for (std::size_t i = 0; i < suspects_.size(); ++i) {
    if (suspects_[i].sequence != record.sequence || suspects_[i].id != record.id) continue;
    suspects_[i].sequence = 0;
    const std::size_t offset = kSuspectsOffset + i * kSuspectBytes;
    store_le(bytes_ + offset, std::uint64_t{0});
    write_through(offset, kSuspectBytes);
  }
}

// A mark that can't be written identifies no culprit, but does no other harm.
void AttemptMarks::write_through(std::size_t offset, std::size_t count) {
  if (file_ == nullptr || mapping_ != nullptr) return;
  (void)file_->write(offset, ByteView(bytes_, kAttemptFileBytes).subspan(offset, count));
}

}  // namespace mongo_store::journal
