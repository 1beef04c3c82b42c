// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/logger.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/checkpoint_file.h"
#include "journal/file_system.h"
#include "journal/format.h"
#include "journal/segment.h"
#include "journal/space_budget.h"

namespace mongo_store::journal {

// The state that an earlier run left.
struct Recovered {
  Checkpoint checkpoint;                            // its next_sequence equals the one below
  std::vector<std::unique_ptr<Segment>> segments;   // by number; each contains something
  std::vector<std::unique_ptr<Segment>> abandoned;  // useless, but could not be removed
  std::uint64_t next_sequence = 1;
  std::uint64_t next_number = 1;  // of a segment
  ObjectId last_id;
};

// Reads a journal's folder at the start. Only the newest segment with a record, and those after it,
// are scanned. The reader checks the others when it gets to them, so the start doesn't slow down
// with the number of pending records. Invalid bytes at the tail get sequence numbers, so that they
// count as damaged once the reader has set them aside. The exception is a half-written last record
// of an unclean end, which was never acknowledged and is wiped. If the newest segment can be read
// but has no header, it is set aside as a whole. A segment that can't be read is left to the
// reader, with as many numbers as it may contain. Fails only if the folder can't be read, or
// (kRefuse) if a newer version wrote it.
Result<Recovered> recover(const std::string& directory, const CheckpointFile& checkpoint,
                          FileSystem& files, SpaceBudget& budget, Logger& logger);

}  // namespace mongo_store::journal
