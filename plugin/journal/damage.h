// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/logger.h"
#include "journal/file_system.h"
#include "journal/space_budget.h"

namespace mongo_store::journal {

// Copies bytes that aren't records to a separate file, which is named after their place, and logs
// that. A second copy of the same place overwrites the first. If the bound leaves no room for a
// copy, the bytes stay where they are until their segment is retired, and the log says so. Any
// thread.
class DamageStore {
 public:
  DamageStore(std::string directory, FileSystem& files, SpaceBudget& budget, Logger& logger)
      : directory_(std::move(directory)), files_(files), budget_(budget), logger_(logger) {}

  // Copies [from, to) of `segment`, the file of the segment with that number.
  void set_aside(File& segment, std::uint64_t number, std::uint64_t from, std::uint64_t to);
  // Reports that the records with the sequence numbers [from, to) are missing before that offset.
  void log_missing(std::uint64_t number, std::uint64_t offset, std::uint64_t from,
                   std::uint64_t to);
  // Renames a whole segment file that can't be read at all, and counts its size. False: it couldn't
  // be renamed.
  bool set_aside_whole(std::uint64_t number);

 private:
  std::uint64_t bytes_there(const std::string& path);
  Status copy(File& segment, std::uint64_t from, std::uint64_t to, const std::string& path);
  Status copy_bytes(File& segment, std::uint64_t from, std::uint64_t to, const std::string& path);

  const std::string directory_;
  FileSystem& files_;
  SpaceBudget& budget_;
  Logger& logger_;
};

}  // namespace mongo_store::journal
