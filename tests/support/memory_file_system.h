// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "journal/file_system.h"

namespace mongo_store::test {

// Folders and files in memory, with maps. Parts that were never written use no memory.
// Synchronising does nothing, and locks are always free. Any thread.
class MemoryFileSystem final : public journal::FileSystem {
 public:
  static constexpr std::uint64_t kFileBytesMax = 8ULL * 1024 * 1024;

  Result<std::unique_ptr<journal::File>> create(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open_or_create(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string&) override;
  Result<journal::FileSystemFacts> facts(const std::string&) override;

 private:
  static constexpr std::uint64_t kPageBytes = 4096;

  struct Content;
  class MemoryMapping;
  class MemoryFile;

  Result<std::unique_ptr<journal::File>> open_locked(const std::string& path);

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Content>> files_;  // by path
  std::set<std::string> folders_;
};

}  // namespace mongo_store::test
