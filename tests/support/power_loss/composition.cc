// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/power_loss/composition.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tests/support/power_loss/shadow.h"

namespace mongo_store::test {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

// The same seed gives the same sequence with every standard library.
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
  std::uint64_t entries_percent = 0;  // percentage that is new
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

bool is_equal(const Page& one, const Page& other) {
  return std::memcmp(one.data(), other.data(), kPageBytes) == 0;
}
bool is_zero(const Page& page) {
  static constexpr Page kZeros{};
  return is_equal(page, kZeros);
}

// One version of a file, on the device or in the page cache. The file may be absent.
class Version {
 public:
  static Result<Version> open(journal::FileSystem& files, const std::string& path) {
    Version version;
    Result<std::unique_ptr<journal::File>> file = files.open(path);
    if (file.code() == StatusCode::kAbsent) return version;
    if (!file.is_ok()) return file.status();
    const Result<std::uint64_t> size = file.value()->size();
    if (!size.is_ok()) return size.status();
    version.file_ = std::move(file).value();
    version.size_ = size.value();
    return version;
  }

  std::uint64_t size() const { return size_; }
  // Fills with zeros after the end of the file.
  Status read(std::uint64_t offset, Page& page) const {
    std::size_t count = 0;
    if (offset < size_) {
      const auto read = file_->read(offset, page);
      if (!read.is_ok()) return read.status();
      count = read.value();
    }
    std::fill(page.begin() + static_cast<std::ptrdiff_t>(count), page.end(), std::byte{0});
    return {};
  }

 private:
  std::shared_ptr<journal::File> file_;
  std::uint64_t size_ = 0;
};

struct TwoVersions {
  Version before;
  Version now;

  std::uint64_t size_max() const { return std::max(before.size(), now.size()); }
  Status read(std::uint64_t offset, Page& old_page, Page& new_page) const {
    Status read = before.read(offset, old_page);
    return read.is_ok() ? now.read(offset, new_page) : read;
  }
};

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
      if (entry.live() == 0 || is_never_synchronised(path)) continue;
      const Result<TwoVersions> both = versions_of(path, entry, entry.live());
      if (!both.is_ok()) return both.status();
      for (std::uint64_t at = 0; at < both.value().size_max(); at += kPageBytes) {
        const Status read = both.value().read(at, old_page_, new_page_);
        if (!read.is_ok()) return read;
        if (!is_equal(old_page_, new_page_)) return false;
      }
    }
    return true;
  }

 private:
  bool is_never_synchronised(const std::string& path) const {
    return !loss_.never_synchronised.empty() && path.ends_with(loss_.never_synchronised);
  }

  // Folders are durable when they are created. A file that the shadow doesn't know wasn't
  // synchronised, because the process was killed before it could record it. The device doesn't have
  // that file.
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
    const Result<TwoVersions> both = versions_of(path, entry, file);
    if (!both.is_ok()) return both.status();
    return compose_file(both.value(), text(to_, path.substr(loss_.folder.size())));
  }

  Result<TwoVersions> versions_of(const std::string& path, const Entry& entry, FileNumber file) {
    Result<Version> before = Version::open(files_, shadow_->image_path(file));
    if (!before.is_ok()) return before.status();
    Result<Version> now = Version::open(files_, live_path(path, entry, file));
    if (!now.is_ok()) return now.status();
    return TwoVersions{std::move(before).value(), std::move(now).value()};
  }

  // The file may be at this path, at a path to which it was renamed, or unlinked.
  std::string live_path(const std::string& path, const Entry& entry, FileNumber file) {
    if (entry.live() == file) return path;
    for (const auto& [other_path, other] : shadow_->entries()) {
      if (other.live() == file) return other_path;
    }
    return shadow_->unlinked_path(file);
  }

  Status compose_file(const TwoVersions& both, const std::string& path) {
    const Result<std::unique_ptr<journal::File>> file = target_.open_or_create(path);
    if (!file.is_ok()) return file.status();
    const bool is_new_size = chance_.in_percent(policy_.sectors_percent);
    const std::uint64_t size = is_new_size ? both.now.size() : both.before.size();
    Status done = size == 0 ? Status() : file.value()->allocate(size);
    for (std::uint64_t at = 0; at < size && done.is_ok(); at += kPageBytes) {
      done = both.read(at, old_page_, new_page_);
      if (!done.is_ok()) return done;
      mix_page(at);
      const auto bytes = std::min(kPageBytes, size - at);
      if (!is_zero(new_page_)) done = file.value()->write(at, ByteView(new_page_).first(bytes));
    }
    return done;
  }

  // Mixes old and new sectors into new_page_.
  void mix_page(std::uint64_t offset) {
    if (is_equal(old_page_, new_page_)) return;
    // A page is usually written as a whole.
    const bool is_whole = chance_.in_percent(50);
    const bool is_new = chance_.in_percent(policy_.sectors_percent);
    for (std::uint64_t at = 0; at < kPageBytes; at += kSectorBytes) {
      mix_sector(offset, at, is_whole ? is_new : chance_.in_percent(policy_.sectors_percent));
    }
  }

  void mix_sector(std::uint64_t offset, std::uint64_t at, bool is_new) {
    std::byte* const to = &new_page_[at];
    const std::byte* const before = &old_page_[at];
    if (std::memcmp(to, before, kSectorBytes) == 0) return;
    if (chance_.in_percent(policy_.torn_percent)) {
      const std::uint64_t cut = cut_within_change(before, to);
      const bool is_head_new = chance_.in_percent(50);
      std::memcpy(is_head_new ? to + cut : to, is_head_new ? before + cut : before,
                  is_head_new ? kSectorBytes - cut : cut);
      return;
    }
    if (is_new) return;
    const bool was_written = std::any_of(before, before + kSectorBytes,
                                         [](std::byte byte) { return byte != std::byte{0}; });
    const bool is_stale = !was_written && offset + at + kSectorBytes <= loss_.stale.size() &&
                          policy_.torn_percent > 0 && chance_.in_percent(80);
    std::memcpy(to, is_stale ? &loss_.stale[offset + at] : before, kSectorBytes);
  }

  // A random place between the first and the last differing byte.
  std::uint64_t cut_within_change(const std::byte* one, const std::byte* other) {
    std::uint64_t first = 0;
    std::uint64_t last = kSectorBytes - 1;
    while (one[first] == other[first]) ++first;
    while (one[last] == other[last]) --last;
    return first + chance_.below(last - first + 1);
  }

  const PowerLoss& loss_;
  const Policy policy_;
  journal::FileSystem& files_;
  journal::FileSystem& target_;
  const std::string to_;
  Chance chance_;
  std::unique_ptr<Shadow> shadow_;
  Page old_page_;
  Page new_page_;
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
