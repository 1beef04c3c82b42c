// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal_folder.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <utility>

#include "base/text.h"
#include "journal/checkpoint_file.h"
#include "journal/format.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

// A check whether a journal is held makes it busy for a moment. The check ends within this time
// unless its process is suspended.
constexpr std::chrono::seconds kLookMax{2};
constexpr std::chrono::milliseconds kRetryPause{1};

Deadline end_of_looks() { return std::chrono::steady_clock::now() + kLookMax; }

std::string numbered(const std::string& journal_dir, int number) {
  char name[8];
  std::snprintf(name, sizeof(name), "%04d", number);
  return text(journal_dir, '/', std::string_view(name));
}

std::string user_name(std::uint32_t uid) {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || found == nullptr) {
    return text("uid ", uid);
  }
  return text(std::string_view(found->pw_name), " (uid ", uid, ")");
}

// A journal that can't be opened often belongs to another user, whose broker shares the folder.
Status with_owner(const Status& failure, const std::string& path, FileSystem& files) {
  const Result<FileSystemFacts> facts = files.facts(path);
  const std::uint32_t own_uid = geteuid();
  if (!facts.is_ok() || facts.value().owner_uid == own_uid) return failure;
  return {failure.code(),
          text(failure.message(), "; the journal ", path, " belongs to ",
               user_name(facts.value().owner_uid), ", and this program runs as ",
               user_name(own_uid), ": run it as that user, or set another journal_dir")};
}

// kBusy: another process holds it, as opposed to checking it.
Result<std::unique_ptr<File>> acquire_lock(const std::string& path, Deadline deadline,
                                           FileSystem& files) {
  Result<std::unique_ptr<File>> lock = files.open_or_create(text(path, '/', kLockName));
  if (!lock.is_ok()) return with_owner(lock.status(), path, files);
  for (;;) {
    const Status locked = lock.value()->lock();
    if (locked.is_ok()) return lock;
    if (locked.code() != StatusCode::kBusy || lock.value()->is_locked()) return locked;
    if (std::chrono::steady_clock::now() >= deadline) return locked;
    std::this_thread::sleep_for(kRetryPause);
  }
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

Position settled_position(const std::string& path, FileSystem& files) {
  const Result<std::unique_ptr<File>> file = files.open(text(path, '/', kCheckpointName));
  if (!file.is_ok()) return {};
  const Result<Checkpoint> checkpoint = read_checkpoint(*file.value());
  return checkpoint.is_ok() ? checkpoint.value().position : Position{};
}

// Whether there is anything after the checkpoint. Segments that are only ready contain nothing.
// Changes nothing, because a broker may lock the journal meanwhile.
bool has_pending(const std::string& path, FileSystem& files) {
  const Result<std::vector<std::string>> names = files.list(path);
  if (!names.is_ok()) return false;
  const Position settled = settled_position(path, files);
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
    if (!lock.is_ok()) break;  // numbers are used without gaps
    File& held = *lock.value();
    if (!held.is_locked() && has_pending(path, files) && !held.is_locked()) orphans.push_back(path);
  }
  return orphans;
}

}  // namespace

Result<JournalFolder> lock_journal_folder(const std::string& journal_dir, FileSystem& files) {
  const Status made = files.make_directory(journal_dir);
  if (!made.is_ok()) return made;
  JournalFolder folder;
  const Result<FileSystemFacts> facts = local_facts(journal_dir, files);
  if (!facts.is_ok()) return facts.status();
  folder.facts = facts.value();
  const Deadline deadline = end_of_looks();
  for (int number = 1; number <= kJournalsMax; ++number) {
    folder.path = numbered(journal_dir, number);
    const Status present = files.make_directory(folder.path);
    if (!present.is_ok()) return present;
    Result<std::unique_ptr<File>> lock = acquire_lock(folder.path, deadline, files);
    if (lock.code() == StatusCode::kBusy) continue;
    if (!lock.is_ok()) return lock.status();
    folder.lock = std::move(lock).value();
    folder.orphans = find_orphans(journal_dir, folder.path, files);
    return folder;
  }
  return Status::refuse(text("all ", kJournalsMax, " journals in ", journal_dir, " are in use"));
}

Result<JournalFolder> lock_journal(const std::string& path, FileSystem& files) {
  const Result<FileSystemFacts> facts = local_facts(path, files);
  if (!facts.is_ok()) return facts.status();
  Result<std::unique_ptr<File>> lock = acquire_lock(path, end_of_looks(), files);
  if (lock.code() == StatusCode::kBusy) {
    return Status::busy(
        text("the journal ", path,
             " is in use by a broker, which delivers it, or by another mongo-store"));
  }
  if (!lock.is_ok()) return lock.status();
  return JournalFolder{path, facts.value(), std::move(lock).value(), {}};
}

}  // namespace mongo_store::journal
