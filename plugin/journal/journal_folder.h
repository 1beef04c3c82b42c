// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::journal {

// One of the numbered journals of a `journal_dir`, held by its lock for as long as this lives (or
// the process does), so that several brokers can share the folder.
struct JournalFolder {
  std::string path;
  FileSystemFacts facts;
  std::unique_ptr<File> lock;
  // Other journals in the folder which hold pending records and which nobody has locked: they wait
  // for a broker that takes them, or for the command-line tool.
  std::vector<std::string> orphans;
};

inline constexpr int kJournalsMax = 256;

// Takes the first that nobody locks, and makes it where there is none yet. kRefuse: the folder is
// on a network file system, or kJournalsMax are in use.
Result<JournalFolder> lock_journal_folder(const std::string& journal_dir, FileSystem& files);

// Takes that numbered journal; it looks for no orphans. kBusy: a broker, or another program, has
// it. kRefuse: it is on a network file system.
Result<JournalFolder> lock_journal(const std::string& path, FileSystem& files);

}  // namespace mongo_store::journal
