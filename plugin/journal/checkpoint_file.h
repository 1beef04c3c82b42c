// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "journal/file_system.h"
#include "journal/format.h"

namespace mongo_store::journal {

// Reads the newest whole slot of the file, and changes nothing. kAbsent: nothing was ever written
// to it. kCorrupt: neither slot is whole. kRefuse: a newer version wrote one of the slots.
Result<Checkpoint> read_checkpoint(File& file);

// A file of two alternating slots, so that a torn write can only damage the newer one. One thread.
class CheckpointFile {
 public:
  // Opens or creates the file and reads the newest whole slot. If there is none (kAbsent or
  // kCorrupt in found_status()), current() is a default checkpoint. If there is no room to create
  // the file, open() still succeeds, and store() tries again. kRefuse: a newer version wrote one of
  // the slots.
  static Result<std::unique_ptr<CheckpointFile>> open(FileSystem& files, const std::string& path);

  const Checkpoint& current() const { return current_; }
  // ok: a slot was read. kAbsent: a fresh file. kCorrupt: neither slot is whole.
  const Status& found_status() const { return found_; }

  // The checkpoint is durable when this returns ok. Sets the generation. After a failure current()
  // is unchanged.
  Status store(Checkpoint checkpoint);

 private:
  CheckpointFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Status load();
  Status make_file();

  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<File> file_;  // null: there was no room to create it
  Checkpoint current_;
  Status found_;
};

}  // namespace mongo_store::journal
