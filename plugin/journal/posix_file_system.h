// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "journal/file_system.h"

namespace mongo_store::journal {

// The real file system.
class PosixFileSystem final : public FileSystem {
 public:
  // kLooking: nothing is created, changed or removed (kIo). open() needs no write permission, for
  // example on a read-only medium, and never waits.
  enum class Access { kWriting, kLooking };

  explicit PosixFileSystem(Access access = Access::kWriting) : access_(access) {}

  Result<std::unique_ptr<File>> create(const std::string& path) override;
  Result<std::unique_ptr<File>> open(const std::string& path) override;
  Result<std::unique_ptr<File>> open_or_create(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<FileSystemFacts> facts(const std::string& directory) override;

 private:
  const Access access_;
};

}  // namespace mongo_store::journal
