// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/file_system.h"
#include "journal/space_budget.h"

namespace mongo_store::journal {

// Payloads that the database doesn't accept in any form. Each is in its own file in the journal's
// folder (docs/journal-format.md, Folder), for a person to examine. They count under the journal's
// bound, and may exceed it: a record that waited for room would prevent its own segment from being
// removed, which is what would free room. Any thread. Folder, files and budget must outlive it.
class KeptPayloads {
 public:
  KeptPayloads(std::string directory, FileSystem& files, SpaceBudget& budget)
      : directory_(std::move(directory)), files_(files), budget_(budget) {}

  std::string path(const ObjectId& id) const;
  // Ok: the file is durable. Keeping the same record again writes the same file again.
  Status keep(const ObjectId& id, ByteView payload);

 private:
  const std::string directory_;
  FileSystem& files_;
  SpaceBudget& budget_;
};

}  // namespace mongo_store::journal
