// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/segment_maker.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mongo_store::journal {
namespace {

std::uint64_t random_epoch() {
  std::uint64_t epoch = 0;
  while (epoch == 0) {
    if (getrandom(&epoch, sizeof(epoch), 0) != static_cast<ssize_t>(sizeof(epoch))) epoch = 0;
  }
  return epoch;
}

}  // namespace

SegmentMaker::~SegmentMaker() {
  for (Segment* segment = abandoned_.load(); segment != nullptr;) {
    const std::unique_ptr<Segment> gone(segment);
    segment = gone->next.load();
  }
}

Result<std::unique_ptr<Segment>> SegmentMaker::make() {
  const std::uint64_t bytes = reserve();
  if (bytes == 0) {
    return Status::retry(text("the journal holds ", budget_.used(), " of ", budget_.bytes_max(),
                              " bytes (journal_max_bytes)"));
  }
  std::unique_ptr<Segment> segment;
  Status made;
  try {
    segment = std::make_unique<Segment>(next_number_.fetch_add(1), random_epoch(), bytes);
    made = make_file(*segment);
    if (made.is_ok()) return segment;
    if (made.code() == StatusCode::kNoSpace) {
      const Result<FileSystemFacts> facts = files_.facts(settings_.directory);
      disk_free_bytes_.store(facts.is_ok() ? facts.value().free_bytes : 0,
                             std::memory_order_relaxed);
    }
    segment->mapping.reset();
    segment->file.reset();
    if (!remove(*segment).is_ok()) abandon(std::move(segment));
    return made;
  } catch (...) {
    if (segment != nullptr) {
      abandon(std::move(segment));
    } else {
      budget_.give_back(bytes);
    }
    throw;
  }
}

// Returns the number of bytes; 0: none.
std::uint64_t SegmentMaker::reserve() {
  if (budget_.try_take(kSegmentBytes)) return kSegmentBytes;
  (void)remove_abandoned(false);
  if (budget_.try_take(kSegmentBytes)) return kSegmentBytes;
  const std::uint64_t used = budget_.used();
  if (used + kSegmentBytesMin > budget_.bytes_max()) return 0;
  const std::uint64_t left = round_down(budget_.bytes_max() - used, kPageBytes);
  const std::uint64_t bytes = std::min(left, kSegmentBytes);
  return budget_.try_take(bytes) ? bytes : 0;
}

Status SegmentMaker::make_file(Segment& segment) {
  const std::string path = path_of(segment);
  const std::string unfinished =
      text(settings_.directory, '/', unfinished_segment_name(segment.number));
  segment.is_unfinished = true;
  Status made = fill(segment, unfinished);
  if (made.is_ok()) made = files_.rename(unfinished, path);
  if (made.is_ok()) made = files_.sync_directory(settings_.directory);
  if (made.is_ok()) {
    // By its final name, because later failures are reported with that name.
    Result<std::unique_ptr<File>> file = files_.open(path);
    if (!file.is_ok()) return file.status();
    segment.file = std::move(file).value();
    if (settings_.is_mapped) {
      Result<std::unique_ptr<Mapping>> mapping = segment.file->map(segment.bytes);
      if (!mapping.is_ok()) return mapping.status();
      segment.mapping = std::move(mapping).value();
      segment.mapping->touch(kFirstRecordOffset, settings_.touched_bytes);
    }
    segment.is_unfinished = false;
    return {};
  }
  // The unfinished file is gone by the time that somebody reads this.
  std::string message = made.message();
  if (const std::size_t at = message.find(unfinished); at != std::string::npos) {
    message.erase(at + path.size(), unfinished.size() - path.size());
  }
  return {made.code(), std::move(message)};
}

Status SegmentMaker::fill(Segment& segment, const std::string& path) {
  const Result<std::unique_ptr<File>> file = files_.create(path);
  if (!file.is_ok()) return file.status();
  const SegmentHeader header{segment.number,   segment.epoch,       segment.bytes,
                             clock_.wall_ms(), settings_.is_mapped, settings_.context};
  Status done = file.value()->allocate(segment.bytes);
  if (done.is_ok()) done = file.value()->write(0, encode_segment_header(header));
  return done.is_ok() ? file.value()->sync() : done;
}

Status SegmentMaker::remove(const Segment& segment) {
  const std::string path = path_of(segment);
  Status removed = files_.unlink(path);
  if (segment.is_unfinished && (removed.is_ok() || removed.code() == StatusCode::kAbsent)) {
    removed =
        files_.unlink(text(settings_.directory, '/', unfinished_segment_name(segment.number)));
  }
  if (!removed.is_ok() && removed.code() != StatusCode::kAbsent) return removed;
  budget_.give_back(segment.bytes);
  return {};
}

void SegmentMaker::abandon(std::unique_ptr<Segment> segment) noexcept {
  Segment* const top = segment.release();
  Segment* before = abandoned_.load(std::memory_order_relaxed);
  do {
    top->next.store(before, std::memory_order_relaxed);
  } while (!abandoned_.compare_exchange_weak(before, top, std::memory_order_release,
                                             std::memory_order_relaxed));
}

Status SegmentMaker::remove_abandoned(bool is_journal_thread) {
  Status worst;
  for (Segment* next = abandoned_.exchange(nullptr, std::memory_order_acquire); next != nullptr;) {
    std::unique_ptr<Segment> segment(next);
    next = segment->next.load(std::memory_order_relaxed);
    Status removed = segment->is_gone ? Status() : remove(*segment);
    segment->is_gone = removed.is_ok();
    if (segment->is_gone && is_journal_thread) continue;
    abandon(std::move(segment));
    if (!removed.is_ok()) worst = std::move(removed);
  }
  return worst;
}

std::string SegmentMaker::path_of(const Segment& segment) const {
  return text(settings_.directory, '/', segment_name(segment.number));
}

}  // namespace mongo_store::journal
