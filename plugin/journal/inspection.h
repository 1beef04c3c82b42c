// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/file_system.h"
#include "journal/format.h"

namespace mongo_store::journal {

// A whole record. The views are valid during the call.
struct FoundRecord {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t sequence = 0;
  ObjectId id;
  bool is_settled = false;
  ByteView body;
  ByteView context;  // of the segment
};

// A place where records are missing.
struct FoundDamage {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // 0: no bytes of it exist
  std::uint64_t records =
      0;  // a lower bound on the lost records, from the numbers of their neighbours
  bool is_settled = false;  // delivery is past it
  std::string reason;       // what is wrong, as the rest of a sentence
};

class InspectionVisitor {
 public:
  virtual ~InspectionVisitor() = default;
  virtual void on_record(const FoundRecord& record) = 0;
  virtual void on_damage(const FoundDamage& damage) = 0;
};

// The content of a journal's folder.
struct Inspection {
  Checkpoint checkpoint;
  Status checkpoint_found;  // kAbsent, kCorrupt: no checkpoint, so nothing counts as settled
  std::uint64_t segments = 0;
  std::uint64_t ready_segments = 0;  // those of them without a record so far
  std::uint64_t segment_bytes = 0;
  std::uint64_t records = 0;  // whole ones
  std::uint64_t pending = 0;  // how many of them are pending
  std::uint64_t damages = 0;
  std::uint64_t damaged_pending = 0;   // records that delivery will count as damaged
  std::uint64_t unfinished_bytes = 0;  // of a record that was, or is, being appended
  std::uint64_t set_aside_files = 0;
  std::uint64_t set_aside_bytes = 0;
  std::uint64_t kept_payloads = 0;
  std::uint64_t kept_payload_bytes = 0;
};

// Passes each record of the journal in `directory`, and each place of damage, to the visitor, in
// order. It changes nothing and takes no lock, so a broker may hold the journal and continue to
// append. In that case the result is the state at the beginning of the walk, and a half-appended
// record doesn't count as damage. Memory: one segment. kRefuse: a newer version wrote the journal.
// kIo: the folder can't be read.
Result<Inspection> inspect(const std::string& directory, FileSystem& files,
                           InspectionVisitor& visitor);

}  // namespace mongo_store::journal
