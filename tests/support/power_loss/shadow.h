// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/file_system.h"

namespace mongo_store::test {

inline constexpr std::uint64_t kPageBytes = 4096;
using Page = std::array<std::byte, kPageBytes>;

using FileNumber = std::uint64_t;  // from 1, never used again; 0: no file

// A name in a folder: the file that the device has there, and the files that it has named since.
struct Entry {
  FileNumber durable = 0;
  std::vector<FileNumber> since;

  FileNumber live() const { return since.empty() ? durable : since.back(); }
};

// The power-loss model's data about a folder. They are kept in a separate folder, so that they
// survive a killed process:
//   operations       a line for each change of an entry, and for each synchronised folder
//   <file>.image     a file's bytes as the device has them
//   <file>.unlinked  a file whose entry is gone, as the page cache has it
// One thread at a time. The file system must outlive it.
class Shadow {
 public:
  // Creates the folder, or reads what an earlier process left in it.
  static Result<std::unique_ptr<Shadow>> open(journal::FileSystem& files, std::string folder);

  bool is_fresh() const { return is_fresh_; }
  const std::map<std::string, Entry>& entries() const { return entries_; }  // by path
  FileNumber find(const std::string& path) const;                           // 0: unknown
  FileNumber new_number() { return ++last_number_; }

  // From now on the path names that file; 0: nothing is there.
  Status put(const std::string& path, FileNumber file);
  // The device now has the folder's current entries. Forgets files that no entry names any more,
  // and returns them.
  Result<std::vector<FileNumber>> sync(const std::string& folder);

  std::string image_path(FileNumber file) const;
  std::string unlinked_path(FileNumber file) const;

 private:
  Shadow(journal::FileSystem& files, std::string folder)
      : files_(files), folder_(std::move(folder)) {}
  Status load();
  void apply(const std::string& line);
  std::vector<FileNumber> apply_sync(const std::string& folder);
  Status write_line(const std::string& line);

  journal::FileSystem& files_;
  const std::string folder_;
  std::unique_ptr<journal::File> operations_;
  std::uint64_t operations_end_ = 0;
  bool is_fresh_ = true;
  std::map<std::string, Entry> entries_;
  FileNumber last_number_ = 0;
};

}  // namespace mongo_store::test
