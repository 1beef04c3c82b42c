// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/power_loss/composition.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tests/support/power_loss/shadow.h"

namespace mongo_store::test {
namespace {

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kPageBytes = 4096;

// Repeatable, whatever the library.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t below(std::uint64_t bound) {  // splitmix64
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ULL;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return (mixed ^ (mixed >> 31U)) % bound;
  }
  bool in_percent(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

// How a seed decides.
struct Policy {
  std::uint64_t entries_percent = 0;  // that are new
  std::uint64_t sectors_percent = 0;
  std::uint64_t torn_percent = 0;

  explicit Policy(std::uint64_t seed) {
    if (seed < 4) {
      entries_percent = seed == 1 || seed == 2 ? 100 : 0;
      sectors_percent = seed == 1 || seed == 3 ? 100 : 0;
      return;
    }
    Chance chance(seed);
    entries_percent = 10 + chance.below(81);
    sectors_percent = 10 + chance.below(81);
    torn_percent = chance.below(30);
  }
};

struct TwoVersions {
  ByteBuffer old_bytes;  // both as long as the longer one
  ByteBuffer new_bytes;
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
};

// Nothing where there is no such file.
Result<ByteBuffer> content_of(journal::FileSystem& files, const std::string& path) {
  const Result<std::unique_ptr<journal::File>> file = files.open(path);
  if (file.code() == StatusCode::kAbsent) return ByteBuffer();
  if (!file.is_ok()) return file.status();
  const Result<std::uint64_t> size = file.value()->size();
  if (!size.is_ok()) return size.status();
  ByteBuffer bytes(size.value());
  const Result<std::size_t> read = file.value()->read(0, bytes);
  if (!read.is_ok()) return read.status();
  return bytes;
}

class Composition {
 public:
  Composition(const PowerLoss& loss, journal::FileSystem& files, journal::FileSystem& target,
              std::string to)
      : loss_(loss),
        policy_(loss.seed),
        files_(files),
        target_(target),
        to_(std::move(to)),
        chance_(loss.seed) {}

  Status run() {
    Result<std::unique_ptr<Shadow>> shadow = Shadow::open(files_, loss_.shadow_folder);
    if (!shadow.is_ok()) return shadow.status();
    shadow_ = std::move(shadow).value();
    Status made = make_folders(loss_.folder, to_);
    if (!made.is_ok()) return made;
    for (const auto& [path, entry] : shadow_->entries()) {
      Status composed = compose_entry(path, entry);
      if (!composed.is_ok()) return composed;
    }
    return {};
  }

  Result<bool> is_all_durable() {
    Result<std::unique_ptr<Shadow>> shadow = Shadow::open(files_, loss_.shadow_folder);
    if (!shadow.is_ok()) return shadow.status();
    shadow_ = std::move(shadow).value();
    for (const auto& [path, entry] : shadow_->entries()) {
      if (entry.live() == 0) continue;
      const Result<TwoVersions> both = versions_of(path, entry, entry.live());
      if (!both.is_ok()) return both.status();
      if (both.value().old_bytes != both.value().new_bytes) return false;
    }
    return true;
  }

 private:
  // Folders are durable when they are made. Files of which the shadow doesn't know, as the process
  // was killed before it could tell, were not synchronised either: the device hasn't them.
  Status make_folders(const std::string& folder, const std::string& to) {
    Status made = target_.make_directory(to);
    const Result<std::vector<std::string>> names = files_.list(folder);
    if (!made.is_ok() || !names.is_ok()) return made;
    for (const std::string& name : names.value()) {
      const std::string path = text(folder, '/', name);
      if (!files_.list(path).is_ok()) continue;
      made = make_folders(path, text(to, '/', name));
      if (!made.is_ok()) return made;
    }
    return {};
  }

  Status compose_entry(const std::string& path, const Entry& entry) {
    FileNumber file = entry.durable;
    if (!entry.since.empty() && chance_.in_percent(policy_.entries_percent)) {
      const std::uint64_t which = policy_.entries_percent == 100
                                      ? entry.since.size() - 1
                                      : chance_.below(entry.since.size());
      file = entry.since[which];
    }
    if (file == 0) return {};
    Result<TwoVersions> both = versions_of(path, entry, file);
    if (!both.is_ok()) return both.status();
    const std::uint64_t size = mix(both.value());
    return write_out(text(to_, path.substr(loss_.folder.size())),
                     ByteView(both.value().new_bytes).first(size));
  }

  Result<TwoVersions> versions_of(const std::string& path, const Entry& entry, FileNumber file) {
    Result<ByteBuffer> before = content_of(files_, shadow_->image_path(file));
    if (!before.is_ok()) return before.status();
    Result<ByteBuffer> now = live_content(path, entry, file);
    if (!now.is_ok()) return now.status();
    TwoVersions both;
    both.old_bytes = std::move(before).value();
    both.new_bytes = std::move(now).value();
    both.old_size = both.old_bytes.size();
    both.new_size = both.new_bytes.size();
    const std::size_t longer = std::max(both.old_size, both.new_size);
    both.old_bytes.resize(longer);
    both.new_bytes.resize(longer);
    return both;
  }

  // It may be at this path, at one that it was renamed to, or unlinked.
  Result<ByteBuffer> live_content(const std::string& path, const Entry& entry, FileNumber file) {
    if (entry.live() == file) return content_of(files_, path);
    for (const auto& [other_path, other] : shadow_->entries()) {
      if (other.live() == file) return content_of(files_, other_path);
    }
    return content_of(files_, shadow_->unlinked_path(file));
  }

  // Into new_bytes; returns how long the file is.
  std::uint64_t mix(TwoVersions& both) {
    const bool is_new_size = chance_.in_percent(policy_.sectors_percent);
    for (std::uint64_t page = 0; page < both.new_bytes.size(); page += kPageBytes) {
      const std::uint64_t end = std::min<std::uint64_t>(page + kPageBytes, both.new_bytes.size());
      if (std::memcmp(&both.old_bytes[page], &both.new_bytes[page], end - page) == 0) continue;
      // A page is written as one as a rule.
      const bool is_whole = chance_.in_percent(50);
      const bool is_new = chance_.in_percent(policy_.sectors_percent);
      for (std::uint64_t at = page; at < end; at += kSectorBytes) {
        const std::uint64_t bytes = std::min(kSectorBytes, end - at);
        mix_sector(both, at, bytes,
                   is_whole ? is_new : chance_.in_percent(policy_.sectors_percent));
      }
    }
    return is_new_size ? both.new_size : both.old_size;
  }

  void mix_sector(TwoVersions& both, std::uint64_t at, std::uint64_t bytes, bool is_new) {
    std::byte* const to = &both.new_bytes[at];
    const std::byte* const old_bytes = &both.old_bytes[at];
    if (std::memcmp(to, old_bytes, bytes) == 0) return;
    if (chance_.in_percent(policy_.torn_percent)) {
      const std::uint64_t cut = chance_.below(bytes + 1);
      const bool is_head_new = chance_.in_percent(50);
      std::memcpy(is_head_new ? to + cut : to, is_head_new ? old_bytes + cut : old_bytes,
                  is_head_new ? bytes - cut : cut);
      return;
    }
    if (is_new) return;
    const bool was_written = std::any_of(old_bytes, old_bytes + bytes,
                                         [](std::byte byte) { return byte != std::byte{0}; });
    const bool is_stale = !was_written && at + bytes <= loss_.stale.size() &&
                          policy_.torn_percent > 0 && chance_.in_percent(80);
    std::memcpy(to, is_stale ? &loss_.stale[at] : old_bytes, bytes);
  }

  Status write_out(const std::string& path, ByteView bytes) {
    const Result<std::unique_ptr<journal::File>> file = target_.open_or_create(path);
    if (!file.is_ok()) return file.status();
    Status written = bytes.empty() ? Status() : file.value()->allocate(bytes.size());
    for (std::size_t at = 0; at < bytes.size() && written.is_ok(); at += kPageBytes) {
      const ByteView page = bytes.subspan(at, std::min(kPageBytes, bytes.size() - at));
      static constexpr std::byte kZeros[kPageBytes] = {};
      if (std::memcmp(page.data(), kZeros, page.size()) == 0) continue;
      written = file.value()->write(at, page);
    }
    return written;
  }

  const PowerLoss& loss_;
  const Policy policy_;
  journal::FileSystem& files_;
  journal::FileSystem& target_;
  const std::string to_;
  Chance chance_;
  std::unique_ptr<Shadow> shadow_;
};

}  // namespace

Status compose(const PowerLoss& loss, journal::FileSystem& files, journal::FileSystem& target,
               const std::string& to) {
  return Composition(loss, files, target, to).run();
}

Result<bool> is_all_durable(const PowerLoss& loss, journal::FileSystem& files) {
  return Composition(loss, files, files, {}).is_all_durable();
}

}  // namespace mongo_store::test
