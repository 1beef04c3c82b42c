// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/segment_maker.h"

#include <sys/random.h>

#include <new>
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

Result<std::unique_ptr<Segment>> SegmentMaker::make() {
  if (!budget_.try_take(kSegmentBytes)) {
    return Status::no_space(text("the journal holds ", budget_.used(), " of ", budget_.bytes_max(),
                                 " bytes (journal_max_bytes)"));
  }
  try {
    auto segment = std::make_unique<Segment>(next_number_.fetch_add(1), random_epoch());
    Status made = make_file(*segment);
    if (made.is_ok()) return segment;
    budget_.give_back(kSegmentBytes);
    return made;
  } catch (const std::bad_alloc&) {
    budget_.give_back(kSegmentBytes);
    throw;
  }
}

Status SegmentMaker::make_file(Segment& segment) {
  const std::string path = text(settings_.directory, '/', segment_name(segment.number));
  const std::string unfinished = path + ".new";
  Status made = fill(segment, unfinished);
  if (made.is_ok()) made = files_.rename(unfinished, path);
  if (made.is_ok()) made = files_.sync_directory(settings_.directory);
  if (made.is_ok()) return made;
  (void)files_.unlink(unfinished);
  (void)files_.unlink(path);
  return made;
}

Status SegmentMaker::fill(Segment& segment, const std::string& path) {
  Result<std::unique_ptr<File>> file = files_.create(path);
  if (!file.is_ok()) return file.status();
  segment.file = std::move(file).value();
  const SegmentHeader header{segment.number,   segment.epoch,       kSegmentBytes,
                             clock_.wall_ms(), settings_.is_mapped, settings_.context};
  Status done = segment.file->allocate(kSegmentBytes);
  if (done.is_ok()) done = segment.file->write(0, encode_segment_header(header));
  if (done.is_ok()) done = segment.file->sync();
  if (!done.is_ok() || !settings_.is_mapped) return done;
  Result<std::unique_ptr<Mapping>> mapping = segment.file->map(kSegmentBytes);
  if (!mapping.is_ok()) return mapping.status();
  segment.mapping = std::move(mapping).value();
  segment.mapping->touch(kFirstRecordOffset, settings_.touched_bytes);
  return {};
}

Status SegmentMaker::remove(const Segment& segment) {
  Status removed = files_.unlink(text(settings_.directory, '/', segment_name(segment.number)));
  if (removed.is_ok() || removed.code() == StatusCode::kAbsent) {
    budget_.give_back(kSegmentBytes);
    return {};
  }
  return removed;
}

}  // namespace mongo_store::journal
