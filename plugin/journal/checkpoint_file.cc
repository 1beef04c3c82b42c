// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/checkpoint_file.h"

#include <utility>

#include "base/text.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {

Result<Checkpoint> read_checkpoint(File& file) {
  ByteBuffer bytes(kCheckpointFileBytes);
  const Result<Unread> read = read_around(file, 0, bytes);
  if (!read.is_ok()) return read.status();
  if (nonzero_end(bytes) == 0) return Status::absent("there was no checkpoint");
  Result<Checkpoint> newest = Status::corrupt("neither slot of the checkpoint is whole");
  for (const std::uint64_t offset : kCheckpointSlotOffsets) {
    const Result<Checkpoint> slot =
        decode_checkpoint(ByteView(bytes).subspan(offset, kCheckpointSlotBytes));
    // Refused even if the other slot is one of ours: the newer version has continued from there.
    if (slot.code() == StatusCode::kRefuse) return slot;
    if (!slot.is_ok()) continue;
    if (newest.is_ok() && slot.value().generation < newest.value().generation) continue;
    newest = slot;
  }
  return newest;
}

Result<std::unique_ptr<CheckpointFile>> CheckpointFile::open(FileSystem& files,
                                                             const std::string& path) {
  std::unique_ptr<CheckpointFile> opened(new CheckpointFile(files, path));
  const Status loaded = opened->load();
  if (loaded.code() == StatusCode::kRefuse) {
    return Status::refuse(text("the journal checkpoint ", path, " was written by a newer ",
                               "mosquitto-mongo-store: ", loaded.message()));
  }
  if (!loaded.is_ok()) return loaded;
  return opened;
}

Status CheckpointFile::load() {
  found_ = Status::absent("there was no checkpoint");
  Status made = make_file();
  if (made.code() == StatusCode::kNoSpace) return {};
  if (!made.is_ok()) return made;
  const Result<Checkpoint> read = read_checkpoint(*file_);
  if (read.code() == StatusCode::kRefuse || read.code() == StatusCode::kIo) return read.status();
  found_ = read.status();
  if (read.is_ok()) current_ = read.value();
  return {};
}

Status CheckpointFile::make_file() {
  Result<std::unique_ptr<File>> file = files_.open_or_create(path_);
  if (!file.is_ok()) return file.status();
  const Result<std::uint64_t> bytes = file.value()->size();
  if (!bytes.is_ok()) return bytes.status();
  // Its space is reserved at the start, so that a full disk can't prevent a checkpoint.
  if (bytes.value() < kCheckpointFileBytes) {
    Status reserved = file.value()->allocate(kCheckpointFileBytes);
    if (!reserved.is_ok() && bytes.value() == 0) return reserved;
  }
  file_ = std::move(file).value();
  return {};
}

Status CheckpointFile::store(Checkpoint checkpoint) {
  if (file_ == nullptr) {
    Status made = make_file();
    if (!made.is_ok()) return made;
  }
  checkpoint.generation = current_.generation + 1;
  const std::uint64_t offset = kCheckpointSlotOffsets[checkpoint.generation % 2];
  Status stored = file_->write(offset, encode_checkpoint(checkpoint));
  if (stored.is_ok()) stored = file_->sync();
  if (stored.is_ok()) current_ = checkpoint;
  return stored;
}

}  // namespace mongo_store::journal
