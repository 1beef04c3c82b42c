// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/file_system.h"

namespace mongo_store::fuzz {

// One folder of files in memory, without maps and locks, for recovering and reading a journal.
class MemoryFileSystem final : public journal::FileSystem {
 public:
  std::map<std::string, std::shared_ptr<ByteBuffer>> files;  // by path

  Result<std::unique_ptr<journal::File>> create(const std::string& path) override {
    return open_or_create(path);
  }
  Result<std::unique_ptr<journal::File>> open(const std::string& path) override {
    if (!files.contains(path)) return Status::absent(path);
    return open_or_create(path);
  }
  Result<std::unique_ptr<journal::File>> open_or_create(const std::string& path) override {
    auto& content = files[path];
    if (content == nullptr) content = std::make_shared<ByteBuffer>();
    return {std::make_unique<MemoryFile>(content)};
  }
  Status make_directory(const std::string&) override { return {}; }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files) names.push_back(path.substr(directory.size() + 1));
    return names;
  }
  Status rename(const std::string& from, const std::string& to) override {
    files[to] = files[from];
    files.erase(from);
    return {};
  }
  Status unlink(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Status sync_directory(const std::string&) override { return {}; }
  Result<journal::FileSystemFacts> facts(const std::string&) override {
    return journal::FileSystemFacts{};
  }

 private:
  class MemoryFile final : public journal::File {
   public:
    explicit MemoryFile(std::shared_ptr<ByteBuffer> content) : content_(std::move(content)) {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
      if (offset >= content_->size()) return std::size_t{0};
      const std::size_t count = std::min<std::size_t>(to.size(), content_->size() - offset);
      if (count > 0) std::memcpy(to.data(), content_->data() + offset, count);
      return count;
    }
    Status write(std::uint64_t offset, ByteView bytes) override {
      if (content_->size() < offset + bytes.size()) content_->resize(offset + bytes.size());
      if (!bytes.empty()) std::memcpy(content_->data() + offset, bytes.data(), bytes.size());
      return {};
    }
    Status allocate(std::uint64_t count) override {
      if (content_->size() < count) content_->resize(count);
      return {};
    }
    Result<std::unique_ptr<journal::Mapping>> map(std::uint64_t) override {
      return Status::io("no maps");
    }
    Status sync() override { return {}; }
    Result<std::uint64_t> size() override { return std::uint64_t{content_->size()}; }
    Status lock() override { return {}; }
    bool is_locked() override { return false; }

   private:
    const std::shared_ptr<ByteBuffer> content_;
  };
};

}  // namespace mongo_store::fuzz
