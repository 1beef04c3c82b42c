// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/faulty_file_system.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mongo_store::test {

class FaultyFileSystem::FaultyMapping final : public journal::Mapping {
 public:
  FaultyMapping(FaultyFileSystem& owner, std::string path, std::unique_ptr<Mapping> real)
      : owner_(owner), path_(std::move(path)), real_(std::move(real)) {}

  std::span<std::byte> bytes() override { return real_->bytes(); }
  Status sync(std::uint64_t offset, std::uint64_t count) override {
    const Status fault = owner_.note({"map_sync", path_, offset, count});
    return fault.is_ok() ? real_->sync(offset, count) : fault;
  }
  void touch(std::uint64_t offset, std::uint64_t count) override { real_->touch(offset, count); }

 private:
  FaultyFileSystem& owner_;
  const std::string path_;
  const std::unique_ptr<Mapping> real_;
};

class FaultyFileSystem::FaultyFile final : public journal::File {
 public:
  FaultyFile(FaultyFileSystem& owner, std::string path, std::unique_ptr<File> real)
      : owner_(owner), path_(std::move(path)), real_(std::move(real)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
    const Status fault = owner_.note({"read", path_, offset, to.size()});
    return fault.is_ok() ? real_->read(offset, to) : Result<std::size_t>(fault);
  }
  Result<std::size_t> read_device(std::uint64_t offset, std::span<std::byte> to) override {
    const Status fault = owner_.note({"read", path_, offset, to.size()});
    return fault.is_ok() ? real_->read_device(offset, to) : Result<std::size_t>(fault);
  }
  Status write(std::uint64_t offset, ByteView bytes) override {
    const Status fault = owner_.note({"write", path_, offset, bytes.size()});
    return fault.is_ok() ? real_->write(offset, bytes) : fault;
  }
  Status allocate(std::uint64_t count) override {
    const Status fault = owner_.note({"allocate", path_, 0, count});
    return fault.is_ok() ? real_->allocate(count) : fault;
  }
  Result<std::unique_ptr<journal::Mapping>> map(std::uint64_t count) override {
    const Status fault = owner_.note({"map", path_, 0, count});
    if (!fault.is_ok()) return fault;
    Result<std::unique_ptr<journal::Mapping>> real = real_->map(count);
    if (!real.is_ok()) return real;
    return {std::make_unique<FaultyMapping>(owner_, path_, std::move(real).value())};
  }
  Status sync() override {
    const Status fault = owner_.note({"sync", path_});
    return fault.is_ok() ? real_->sync() : fault;
  }
  Result<std::uint64_t> size() override { return real_->size(); }
  Status lock() override {
    const Status fault = owner_.note({"lock", path_});
    return fault.is_ok() ? real_->lock() : fault;
  }
  bool is_locked() override {
    return !owner_.note({"is_locked", path_}).is_ok() || real_->is_locked();
  }

 private:
  FaultyFileSystem& owner_;
  const std::string path_;
  const std::unique_ptr<File> real_;
};

template <typename Open>
Result<std::unique_ptr<journal::File>> FaultyFileSystem::wrap(const Call& call, const Open& open) {
  const Status fault = note(call);
  if (!fault.is_ok()) return fault;
  Result<std::unique_ptr<journal::File>> real = open();
  if (!real.is_ok()) return real;
  return {std::make_unique<FaultyFile>(*this, call.path, std::move(real).value())};
}

void FaultyFileSystem::set_fault(Fault fault) {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_ = std::move(fault);
}

std::vector<FaultyFileSystem::Call> FaultyFileSystem::calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

void FaultyFileSystem::forget_calls() {
  const std::lock_guard<std::mutex> lock(mutex_);
  calls_.clear();
}

Result<std::unique_ptr<journal::File>> FaultyFileSystem::create(const std::string& path) {
  return wrap({"create", path}, [&] { return real_.create(path); });
}

Result<std::unique_ptr<journal::File>> FaultyFileSystem::open(const std::string& path) {
  return wrap({"open", path}, [&] { return real_.open(path); });
}

Result<std::unique_ptr<journal::File>> FaultyFileSystem::open_or_create(const std::string& path) {
  return wrap({"open_or_create", path}, [&] { return real_.open_or_create(path); });
}

Status FaultyFileSystem::make_directory(const std::string& path) {
  const Status fault = note({"make_directory", path});
  return fault.is_ok() ? real_.make_directory(path) : fault;
}

Result<std::vector<std::string>> FaultyFileSystem::list(const std::string& directory) {
  const Status fault = note({"list", directory});
  return fault.is_ok() ? real_.list(directory) : Result<std::vector<std::string>>(fault);
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  const Status fault = note({"rename", to});
  return fault.is_ok() ? real_.rename(from, to) : fault;
}

Status FaultyFileSystem::unlink(const std::string& path) {
  const Status fault = note({"unlink", path});
  return fault.is_ok() ? real_.unlink(path) : fault;
}

Status FaultyFileSystem::sync_directory(const std::string& directory) {
  const Status fault = note({"sync_directory", directory});
  return fault.is_ok() ? real_.sync_directory(directory) : fault;
}

Result<journal::FileSystemFacts> FaultyFileSystem::facts(const std::string& directory) {
  if (facts_) return *facts_;
  return real_.facts(directory);
}

Status FaultyFileSystem::note(const Call& call) {
  Fault fault;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.push_back(call);
    fault = fault_;
  }
  return fault ? fault(call) : Status();
}

}  // namespace mongo_store::test
