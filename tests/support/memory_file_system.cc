// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/memory_file_system.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mongo_store::test {

// Must not move when it grows, because it may be mapped.
struct MemoryFileSystem::Content {
  Content()
      : start(static_cast<std::byte*>(mmap(nullptr, kFileBytesMax, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {}
  ~Content() { munmap(start, kFileBytesMax); }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  // Reading pages that were never written would allocate them.
  bool is_written(std::uint64_t page) const { return is_mapped || written[page]; }

  std::byte* const start;
  std::atomic<std::uint64_t> size{0};
  std::atomic<bool> is_mapped{false};
  std::array<std::atomic<bool>, kFileBytesMax / kPageBytes> written{};
};

class MemoryFileSystem::MemoryMapping final : public journal::Mapping {
 public:
  MemoryMapping(std::shared_ptr<Content> content, std::uint64_t count)
      : content_(std::move(content)), count_(count) {}
  std::span<std::byte> bytes() override { return {content_->start, count_}; }
  Status sync(std::uint64_t, std::uint64_t) override { return {}; }
  void touch(std::uint64_t, std::uint64_t) override {}

 private:
  const std::shared_ptr<Content> content_;
  const std::uint64_t count_;
};

class MemoryFileSystem::MemoryFile final : public journal::File {
 public:
  explicit MemoryFile(std::shared_ptr<Content> content) : content_(std::move(content)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
    const std::uint64_t size = content_->size;
    if (offset >= size) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(to.size(), size - offset);
    for (std::uint64_t at = 0; at < count;) {
      const std::uint64_t page = (offset + at) / kPageBytes;
      const std::uint64_t part = std::min((page + 1) * kPageBytes - offset, count) - at;
      if (content_->is_written(page)) {
        std::memcpy(&to[at], content_->start + offset + at, part);
      } else {
        std::memset(&to[at], 0, part);
      }
      at += part;
    }
    return count;
  }
  Status write(std::uint64_t offset, ByteView bytes) override {
    if (offset + bytes.size() > kFileBytesMax) return Status::no_space("the file is full");
    if (bytes.empty()) return {};
    const std::uint64_t last_page = (offset + bytes.size() - 1) / kPageBytes;
    for (std::uint64_t page = offset / kPageBytes; page <= last_page; ++page) {
      content_->written[page] = true;
    }
    std::copy(bytes.begin(), bytes.end(), content_->start + offset);
    return allocate(offset + bytes.size());
  }
  Status allocate(std::uint64_t count) override {
    if (count > kFileBytesMax) return Status::no_space("the file is full");
    if (content_->size < count) content_->size = count;
    return {};
  }
  Result<std::unique_ptr<journal::Mapping>> map(std::uint64_t count) override {
    content_->is_mapped = true;
    return {std::make_unique<MemoryMapping>(content_, count)};
  }
  Status sync() override { return {}; }
  Result<std::uint64_t> size() override { return content_->size.load(); }
  Status lock() override { return {}; }
  bool is_locked() override { return false; }

 private:
  const std::shared_ptr<Content> content_;
};

Result<std::unique_ptr<journal::File>> MemoryFileSystem::create(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (files_.contains(path)) return Status::io("it is there already: " + path);
  return open_locked(path);
}

Result<std::unique_ptr<journal::File>> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!files_.contains(path)) return Status::absent("there is none: " + path);
  return open_locked(path);
}

Result<std::unique_ptr<journal::File>> MemoryFileSystem::open_or_create(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return open_locked(path);
}

Status MemoryFileSystem::make_directory(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  folders_.insert(path);
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!folders_.contains(directory)) return Status::absent("no folder: " + directory);
  const std::string prefix = directory + '/';
  std::vector<std::string> names;
  const auto take = [&](const std::string& path) {
    const bool is_in = path.starts_with(prefix) && path.find('/', prefix.size()) == path.npos;
    if (is_in) names.push_back(path.substr(prefix.size()));
  };
  for (const auto& [path, content] : files_) take(path);
  for (const std::string& path : folders_) take(path);
  std::sort(names.begin(), names.end());
  return names;
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto file = files_.find(from);
  if (file == files_.end()) return Status::absent("there is none: " + from);
  files_[to] = std::exchange(file->second, nullptr);
  files_.erase(from);
  return {};
}

Status MemoryFileSystem::unlink(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return files_.erase(path) == 1 ? Status() : Status::absent("there is none: " + path);
}

Status MemoryFileSystem::sync_directory(const std::string&) { return {}; }

Result<journal::FileSystemFacts> MemoryFileSystem::facts(const std::string&) {
  return journal::FileSystemFacts{journal::Medium::kMappable, "memory"};
}

Result<std::unique_ptr<journal::File>> MemoryFileSystem::open_locked(const std::string& path) {
  std::shared_ptr<Content>& content = files_[path];
  if (content == nullptr) content = std::make_shared<Content>();
  return {std::make_unique<MemoryFile>(content)};
}

}  // namespace mongo_store::test
