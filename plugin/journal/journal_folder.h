// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::journal {

// One of the numbered journals of a `journal_dir`. It is locked while this object exists (or until
// the process ends), so that several brokers can share the folder.
struct JournalFolder {
  std::string path;
  FileSystemFacts facts;
  std::unique_ptr<File> lock;
  // Other journals in the folder that have pending records and aren't locked. They wait for a
  // broker that uses them, or for the command-line tool.
  std::vector<std::string> orphans;
};

inline constexpr int kJournalsMax = 256;

// Locks the first journal that is free, and creates it if necessary. kRefuse: the folder is on a
// network file system, or kJournalsMax journals are in use.
Result<JournalFolder> lock_journal_folder(const std::string& journal_dir, FileSystem& files);

// Locks the journal with that number. It doesn't look for orphans. kBusy: a broker or another
// program holds it. kRefuse: it is on a network file system.
Result<JournalFolder> lock_journal(const std::string& path, FileSystem& files);

}  // namespace mongo_store::journal
