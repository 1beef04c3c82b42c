// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/power_loss/power_loss_file_system.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"

namespace mongo_store::test {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

// Reads a file's bytes from the page cache.
using LiveBytes = std::function<Result<std::size_t>(std::uint64_t, std::span<std::byte>)>;

// Bytes after the end are zeros.
Result<ByteView> read_page_part(const LiveBytes& live, std::uint64_t offset,
                                std::span<std::byte> to) {
  std::fill(to.begin(), to.end(), std::byte{0});
  const Result<std::size_t> read = live(offset, to);
  if (!read.is_ok()) return read.status();
  return ByteView(to);
}

}  // namespace

// One for each file, however often it is open.
struct PowerLossFileSystem::FileState {
  struct Range {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };

  std::string path;  // the current name
  std::unique_ptr<journal::File> image;
  std::vector<Range> written;     // by write(), since the last synchronisation
  bool is_anywhere_dirty = true;  // written in another way: by another process, or through a map
  // By page: the checksum of its bytes when a synchronisation of it failed.
  std::map<std::uint64_t, std::size_t> failed;

  std::vector<Range> dirty(std::uint64_t size) const {
    return is_anywhere_dirty ? std::vector<Range>{{0, size}} : written;
  }

  // Records that the device has that range of a file of that size.
  Status keep(const LiveBytes& live, Range range, std::uint64_t size) {
    const Result<std::uint64_t> image_size = image->size();
    if (!image_size.is_ok()) return image_size.status();
    if (image_size.value() < size) {
      Status grown = image->allocate(size);
      if (!grown.is_ok()) return grown;
    }
    for (std::uint64_t at = range.from; at < range.to;) {
      const std::uint64_t end = std::min(round_down(at, kPageBytes) + kPageBytes, range.to);
      Status kept = keep_in_page(live, {at, end});
      if (!kept.is_ok()) return kept;
      at = end;
    }
    return {};
  }

  // Records that the kernel gave up writing that range, and considers it clean.
  Status lose(const LiveBytes& live, Range range) {
    for (std::uint64_t page = round_down(range.from, kPageBytes); page < range.to;
         page += kPageBytes) {
      const Result<std::size_t> sum = sum_of(live, page);
      if (!sum.is_ok()) return sum.status();
      failed[page] = sum.value();
    }
    return {};
  }

 private:
  Status keep_in_page(const LiveBytes& live, Range part) {
    const auto lost = failed.find(round_down(part.from, kPageBytes));
    if (lost != failed.end()) {
      const Result<std::size_t> sum = sum_of(live, lost->first);
      if (!sum.is_ok()) return sum.status();
      if (sum.value() == lost->second) return {};
      failed.erase(lost);
    }
    Page live_page;
    Page image_page;
    const std::uint64_t bytes = part.to - part.from;
    const auto now = read_page_part(live, part.from, std::span(live_page).first(bytes));
    if (!now.is_ok()) return now.status();
    const auto before = read_page_part(
        [&](std::uint64_t offset, std::span<std::byte> to) { return image->read(offset, to); },
        part.from, std::span(image_page).first(bytes));
    if (!before.is_ok()) return before.status();
    if (std::ranges::equal(now.value(), before.value())) return {};
    return image->write(part.from, now.value());
  }

  static Result<std::size_t> sum_of(const LiveBytes& live, std::uint64_t page) {
    Page bytes;
    const auto read = read_page_part(live, page, bytes);
    if (!read.is_ok()) return read.status();
    return std::hash<std::string_view>()(as_text(read.value()));
  }
};

class PowerLossFileSystem::ShadowedMapping final : public journal::Mapping {
 public:
  ShadowedMapping(PowerLossFileSystem& owner, std::shared_ptr<FileState> state,
                  std::unique_ptr<Mapping> real)
      : owner_(owner), state_(std::move(state)), real_(std::move(real)) {}

  std::span<std::byte> bytes() override { return real_->bytes(); }
  Status sync(std::uint64_t offset, std::uint64_t count) override {
    const Lock lock(owner_.mutex_);
    const LiveBytes live = [this](std::uint64_t from, std::span<std::byte> to) {
      const ByteView all = real_->bytes();
      const std::size_t there = std::min<std::size_t>(to.size(), all.size() - from);
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from), there, to.begin());
      return Result<std::size_t>(there);
    };
    const FileState::Range range{offset, offset + count};
    Fault fault = owner_.ask({"map_sync", state_->path, offset, count});
    if (fault.status.is_ok()) return state_->keep(live, range, real_->bytes().size());
    const Status lost = state_->lose(live, range);
    return lost.is_ok() ? fault.status : lost;
  }
  void touch(std::uint64_t offset, std::uint64_t count) override { real_->touch(offset, count); }

 private:
  PowerLossFileSystem& owner_;
  const std::shared_ptr<FileState> state_;
  const std::unique_ptr<Mapping> real_;
};

class PowerLossFileSystem::ShadowedFile final : public journal::File {
 public:
  ShadowedFile(PowerLossFileSystem& owner, std::shared_ptr<FileState> state,
               std::unique_ptr<File> real)
      : owner_(owner), state_(std::move(state)), real_(std::move(real)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
    const Lock lock(owner_.mutex_);
    const Fault fault = owner_.ask({"read", state_->path, offset, to.size()});
    if (!fault.status.is_ok()) return fault.status;
    return real_->read(offset, to);
  }

  Status write(std::uint64_t offset, ByteView bytes) override {
    const Lock lock(owner_.mutex_);
    Fault fault = owner_.ask({"write", state_->path, offset, bytes.size()});
    if (!fault.status.is_ok() && !fault.is_half_done) return fault.status;
    const ByteView done = fault.is_half_done ? bytes.first(bytes.size() / 2) : bytes;
    state_->written.push_back({offset, offset + done.size()});
    Status written = real_->write(offset, done);
    return written.is_ok() ? fault.status : written;
  }

  Status allocate(std::uint64_t count) override {
    const Lock lock(owner_.mutex_);
    const Fault fault = owner_.ask({"allocate", state_->path, 0, count});
    return fault.status.is_ok() ? real_->allocate(count) : fault.status;
  }

  Result<std::unique_ptr<journal::Mapping>> map(std::uint64_t count) override {
    const Lock lock(owner_.mutex_);
    const Fault fault = owner_.ask({"map", state_->path, 0, count});
    if (!fault.status.is_ok()) return fault.status;
    Result<std::unique_ptr<journal::Mapping>> mapping = real_->map(count);
    if (!mapping.is_ok()) return mapping;
    is_mapped_ = true;
    return {std::make_unique<ShadowedMapping>(owner_, state_, std::move(mapping).value())};
  }

  Status sync() override {
    const Lock lock(owner_.mutex_);
    Fault fault = owner_.ask({"sync", state_->path});
    const Result<std::uint64_t> size = real_->size();
    if (!size.is_ok()) return size.status();
    const LiveBytes live = [this](std::uint64_t from, std::span<std::byte> to) {
      return real_->read(from, to);
    };
    std::vector<FileState::Range> dirty = state_->dirty(size.value());
    dirty.push_back({});  // its size is synchronised whatever was written
    for (const FileState::Range& range : dirty) {
      Status done = fault.status.is_ok() ? state_->keep(live, range, size.value())
                                         : state_->lose(live, range);
      if (!done.is_ok()) return done;
    }
    state_->written.clear();
    state_->is_anywhere_dirty = is_mapped_;
    return fault.status;
  }

  Result<std::uint64_t> size() override {
    const Lock lock(owner_.mutex_);
    return real_->size();
  }
  Status lock() override {
    const Lock lock(owner_.mutex_);
    const Fault fault = owner_.ask({"lock", state_->path});
    return fault.status.is_ok() ? real_->lock() : fault.status;
  }
  bool is_locked() override {
    const Lock lock(owner_.mutex_);
    return real_->is_locked();
  }

 private:
  PowerLossFileSystem& owner_;
  const std::shared_ptr<FileState> state_;
  const std::unique_ptr<File> real_;
  bool is_mapped_ = false;
};

PowerLossFileSystem::~PowerLossFileSystem() = default;

Result<std::unique_ptr<journal::File>> PowerLossFileSystem::create(const std::string& path) {
  return open_by("create", &journal::FileSystem::create, path);
}
Result<std::unique_ptr<journal::File>> PowerLossFileSystem::open(const std::string& path) {
  return open_by("open", &journal::FileSystem::open, path);
}
Result<std::unique_ptr<journal::File>> PowerLossFileSystem::open_or_create(
    const std::string& path) {
  return open_by("open_or_create", &journal::FileSystem::open_or_create, path);
}

Result<std::unique_ptr<journal::File>> PowerLossFileSystem::open_by(std::string_view name,
                                                                    Open open,
                                                                    const std::string& path) {
  const Lock lock(mutex_);
  const Fault fault = ask({name, path});
  if (!fault.status.is_ok()) return fault.status;
  Result<std::unique_ptr<journal::File>> real = (real_.*open)(path);
  if (!real.is_ok()) return real;
  const FileNumber known = shadow_->find(path);
  const auto state = known == 0 ? add_file(path) : state_of(known, path);
  if (!state.is_ok()) return state.status();
  return {std::make_unique<ShadowedFile>(*this, state.value(), std::move(real).value())};
}

Status PowerLossFileSystem::make_directory(const std::string& path) {
  const Lock lock(mutex_);
  const Fault fault = ask({"make_directory", path});
  if (!fault.status.is_ok()) return fault.status;
  Status made = real_.make_directory(path);
  return made.is_ok() && shadow_ == nullptr ? start_shadow(path) : made;
}

Result<std::vector<std::string>> PowerLossFileSystem::list(const std::string& directory) {
  const Lock lock(mutex_);
  const Fault fault = ask({"list", directory});
  if (!fault.status.is_ok()) return fault.status;
  return real_.list(directory);
}

Status PowerLossFileSystem::rename(const std::string& from, const std::string& to) {
  const Lock lock(mutex_);
  const Fault fault = ask({"rename", to});
  if (!fault.status.is_ok()) return fault.status;
  const FileNumber file = shadow_->find(from);
  Status done = real_.rename(from, to);
  if (done.is_ok()) done = shadow_->put(to, file);
  if (const auto state = states_.find(file); state != states_.end()) state->second->path = to;
  return done.is_ok() ? shadow_->put(from, 0) : done;
}

Status PowerLossFileSystem::unlink(const std::string& path) {
  const Lock lock(mutex_);
  const Fault fault = ask({"unlink", path});
  if (!fault.status.is_ok()) return fault.status;
  const FileNumber file = shadow_->find(path);
  if (file == 0) return real_.unlink(path);
  const Status done = real_.rename(path, shadow_->unlinked_path(file));
  return done.is_ok() ? shadow_->put(path, 0) : done;
}

Status PowerLossFileSystem::sync_directory(const std::string& directory) {
  const Lock lock(mutex_);
  const Fault fault = ask({"sync_directory", directory});
  if (!fault.status.is_ok()) return fault.status;
  return sync_entries(directory);
}

Result<journal::FileSystemFacts> PowerLossFileSystem::facts(const std::string& directory) {
  const Lock lock(mutex_);
  return real_.facts(directory);
}

Status PowerLossFileSystem::start_shadow(const std::string& root) {
  Result<std::unique_ptr<Shadow>> shadow = Shadow::open(real_, shadow_folder_);
  if (!shadow.is_ok()) return shadow.status();
  shadow_ = std::move(shadow).value();
  return shadow_->is_fresh() ? import_folder(root) : Status();
}

Status PowerLossFileSystem::import_folder(const std::string& folder) {
  const Result<std::vector<std::string>> names = real_.list(folder);
  if (!names.is_ok()) return names.status();
  for (const std::string& name : names.value()) {
    const std::string path = text(folder, '/', name);
    const bool is_folder = real_.list(path).is_ok();
    Status imported = is_folder ? import_folder(path) : import_file(path);
    if (!imported.is_ok()) return imported;
  }
  return sync_entries(folder);
}

Status PowerLossFileSystem::sync_entries(const std::string& folder) {
  const Result<std::vector<FileNumber>> forgotten = shadow_->sync(folder);
  if (!forgotten.is_ok()) return forgotten.status();
  for (const FileNumber file : forgotten.value()) states_.erase(file);
  return {};
}

Status PowerLossFileSystem::import_file(const std::string& path) {
  Result<std::unique_ptr<journal::File>> real = real_.open(path);
  if (!real.is_ok()) return real.status();
  const auto state = add_file(path);
  if (!state.is_ok()) return state.status();
  ShadowedFile file(*this, state.value(), std::move(real).value());
  const Hook hook = std::exchange(hook_, nullptr);
  Status synced = file.sync();
  hook_ = hook;
  return synced;
}

Result<std::shared_ptr<PowerLossFileSystem::FileState>> PowerLossFileSystem::add_file(
    const std::string& path) {
  const FileNumber number = shadow_->new_number();
  const auto image = real_.create(shadow_->image_path(number));
  if (!image.is_ok()) return image.status();
  const Status put = shadow_->put(path, number);
  if (!put.is_ok()) return put;
  return state_of(number, path);
}

Result<std::shared_ptr<PowerLossFileSystem::FileState>> PowerLossFileSystem::state_of(
    FileNumber number, const std::string& path) {
  std::shared_ptr<FileState>& state = states_[number];
  if (state != nullptr) return state;
  Result<std::unique_ptr<journal::File>> image = real_.open_or_create(shadow_->image_path(number));
  if (!image.is_ok()) return image.status();
  state = std::make_shared<FileState>();
  state->path = path;
  state->image = std::move(image).value();
  return state;
}

}  // namespace mongo_store::test
