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

// What an earlier run left.
struct Recovered {
  Checkpoint checkpoint;                            // its next_sequence is the one below
  std::vector<std::unique_ptr<Segment>> segments;   // by number, all with something in them
  std::vector<std::unique_ptr<Segment>> abandoned;  // of no use, but could not be removed
  std::uint64_t next_sequence = 1;
  std::uint64_t next_number = 1;  // of a segment
  ObjectId last_id;
};

// Reads a journal's folder at the start. Only the newest segment with a record in it is scanned,
// and those behind it; the reader checks the others as it comes to them, so the time doesn't grow
// with what is pending. What is invalid at the tail gets sequence numbers, so that it is counted as
// damaged once the reader has set it aside, except the one half-written last record of an unclean
// end, which was never acknowledged and is wiped. A newest segment that was read and has no header
// is set aside whole; what can't be read is left to the reader, with as many numbers as it may
// hold. Fails only where the folder can't be read, or (kRefuse) a newer version wrote it.
Result<Recovered> recover(const std::string& directory, const CheckpointFile& checkpoint,
                          FileSystem& files, SpaceBudget& budget, Logger& logger);

}  // namespace mongo_store::journal
