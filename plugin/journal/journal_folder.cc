// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal_folder.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "journal/checkpoint_file.h"
#include "journal/format.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

std::string numbered(const std::string& journal_dir, int number) {
  char name[8];
  std::snprintf(name, sizeof(name), "%04d", number);
  return text(journal_dir, '/', std::string_view(name));
}

// kBusy: another process has it.
Result<std::unique_ptr<File>> take_lock(const std::string& path, FileSystem& files) {
  Result<std::unique_ptr<File>> lock = files.open_or_create(text(path, '/', kLockName));
  if (!lock.is_ok()) return lock;
  const Status locked = lock.value()->lock();
  if (!locked.is_ok()) return locked;
  return lock;
}

Result<FileSystemFacts> local_facts(const std::string& directory, FileSystem& files) {
  Result<FileSystemFacts> facts = files.facts(directory);
  if (!facts.is_ok() || facts.value().medium != Medium::kNetwork) return facts;
  return Status::refuse(text("journal_dir ", directory, " is on a network file system (",
                             facts.value().name,
                             "), where neither locks nor synchronisation can "
                             "be relied upon; a local disk is accepted"));
}

bool is_anything_there(const std::string& segment_path, std::uint64_t offset, FileSystem& files) {
  const Result<std::unique_ptr<File>> file = files.open(segment_path);
  if (!file.is_ok()) return true;
  std::array<std::byte, kRecordHeaderBytes> bytes{};
  const Result<std::size_t> read = file.value()->read(offset, bytes);
  return !read.is_ok() || nonzero_end(bytes) > 0;
}

// Whether anything stands behind the checkpoint. Segments that stood ready hold nothing.
bool has_pending(const std::string& path, FileSystem& files) {
  const Result<std::vector<std::string>> names = files.list(path);
  if (!names.is_ok()) return false;
  Position settled;
  const auto checkpoint = CheckpointFile::open(files, text(path, '/', kCheckpointName));
  if (checkpoint.is_ok()) settled = checkpoint.value()->current().position;
  for (const std::string& name : names.value()) {
    const auto number = segment_number(name);
    if (!number || *number < settled.segment) continue;
    const std::uint64_t from = *number == settled.segment ? settled.offset : kFirstRecordOffset;
    if (is_anything_there(text(path, '/', name), from, files)) return true;
  }
  return false;
}

std::vector<std::string> find_orphans(const std::string& journal_dir, const std::string& own,
                                      FileSystem& files) {
  std::vector<std::string> orphans;
  for (int number = 1; number <= kJournalsMax; ++number) {
    const std::string path = numbered(journal_dir, number);
    if (path == own) continue;
    const Result<std::unique_ptr<File>> lock = files.open(text(path, '/', kLockName));
    if (!lock.is_ok()) break;  // numbers are given without gaps
    if (lock.value()->lock().is_ok() && has_pending(path, files)) orphans.push_back(path);
  }
  return orphans;
}

}  // namespace

Result<JournalFolder> take_journal_folder(const std::string& journal_dir, FileSystem& files) {
  const Status made = files.make_directory(journal_dir);
  if (!made.is_ok()) return made;
  JournalFolder folder;
  const Result<FileSystemFacts> facts = local_facts(journal_dir, files);
  if (!facts.is_ok()) return facts.status();
  folder.facts = facts.value();
  for (int number = 1; number <= kJournalsMax; ++number) {
    folder.path = numbered(journal_dir, number);
    const Status present = files.make_directory(folder.path);
    if (!present.is_ok()) return present;
    Result<std::unique_ptr<File>> lock = take_lock(folder.path, files);
    if (lock.code() == StatusCode::kBusy) continue;
    if (!lock.is_ok()) return lock.status();
    folder.lock = std::move(lock).value();
    folder.orphans = find_orphans(journal_dir, folder.path, files);
    return folder;
  }
  return Status::refuse(text("all ", kJournalsMax, " journals in ", journal_dir, " are in use"));
}

Result<JournalFolder> take_journal(const std::string& path, FileSystem& files) {
  const Result<FileSystemFacts> facts = local_facts(path, files);
  if (!facts.is_ok()) return facts.status();
  Result<std::unique_ptr<File>> lock = take_lock(path, files);
  if (lock.code() == StatusCode::kBusy) {
    return Status::busy(text("the journal ", path,
                             " is held by a broker, which delivers it, or by another mongo-store"));
  }
  if (!lock.is_ok()) return lock.status();
  return JournalFolder{path, facts.value(), std::move(lock).value(), {}};
}

}  // namespace mongo_store::journal
