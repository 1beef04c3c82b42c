// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/power_loss/shadow.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace mongo_store::test {
namespace {

constexpr std::string_view kEntry = "entry ";
constexpr std::string_view kSync = "sync ";

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

Result<std::unique_ptr<Shadow>> Shadow::open(journal::FileSystem& files, std::string folder) {
  std::unique_ptr<Shadow> shadow(new Shadow(files, std::move(folder)));
  const Status loaded = shadow->load();
  if (!loaded.is_ok()) return loaded;
  return shadow;
}

Status Shadow::load() {
  Status made = files_.make_directory(folder_);
  if (!made.is_ok()) return made;
  Result<std::unique_ptr<journal::File>> file = files_.open_or_create(text(folder_, "/operations"));
  if (!file.is_ok()) return file.status();
  operations_ = std::move(file).value();
  const Result<std::uint64_t> size = operations_->size();
  if (!size.is_ok()) return size.status();
  ByteBuffer bytes(size.value());
  const Result<std::size_t> read = operations_->read(0, bytes);
  if (!read.is_ok()) return read.status();
  const std::string lines(as_text(bytes));
  is_fresh_ = lines.empty();
  // An incomplete last line belongs to an operation that the killed process couldn't finish
  // recording.
  for (std::size_t end = lines.find('\n'); end != std::string::npos;
       end = lines.find('\n', operations_end_)) {
    apply(lines.substr(operations_end_, end - operations_end_));
    operations_end_ = end + 1;
  }
  return {};
}

void Shadow::apply(const std::string& line) {
  if (line.starts_with(kSync)) {
    (void)apply_sync(line.substr(kSync.size()));
    return;
  }
  if (!line.starts_with(kEntry)) return;
  char* path = nullptr;
  const FileNumber file = std::strtoull(line.c_str() + kEntry.size(), &path, 10);
  last_number_ = std::max(last_number_, file);
  entries_[path + 1].since.push_back(file);
}

std::vector<FileNumber> Shadow::apply_sync(const std::string& folder) {
  std::set<FileNumber> before;
  std::set<FileNumber> after;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    Entry& names = entry->second;
    before.insert(names.durable);
    before.insert(names.since.begin(), names.since.end());
    if (folder_of(entry->first) == folder) names = {names.live(), {}};
    after.insert(names.durable);
    after.insert(names.since.begin(), names.since.end());
    const bool is_gone = names.durable == 0 && names.since.empty();
    entry = is_gone ? entries_.erase(entry) : std::next(entry);
  }
  std::vector<FileNumber> dropped;
  for (const FileNumber file : before) {
    if (file != 0 && !after.contains(file)) dropped.push_back(file);
  }
  return dropped;
}

FileNumber Shadow::find(const std::string& path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? 0 : found->second.live();
}

Status Shadow::put(const std::string& path, FileNumber file) {
  const std::string line = text(kEntry, file, ' ', path);
  apply(line);
  return write_line(line);
}

Result<std::vector<FileNumber>> Shadow::sync(const std::string& folder) {
  Status written = write_line(text(kSync, folder));
  if (!written.is_ok()) return written;
  std::vector<FileNumber> dropped = apply_sync(folder);
  for (const FileNumber file : dropped) {
    (void)files_.unlink(image_path(file));
    (void)files_.unlink(unlinked_path(file));
  }
  return dropped;
}

Status Shadow::write_line(const std::string& line) {
  const std::string whole = line + '\n';
  Status written = operations_->write(operations_end_, as_bytes(whole));
  if (written.is_ok()) operations_end_ += whole.size();
  return written;
}

std::string Shadow::image_path(FileNumber file) const { return text(folder_, '/', file, ".image"); }
std::string Shadow::unlinked_path(FileNumber file) const {
  return text(folder_, '/', file, ".unlinked");
}

}  // namespace mongo_store::test
