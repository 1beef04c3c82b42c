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

// A whole record. The views are valid while it is shown.
struct FoundRecord {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t sequence = 0;
  ObjectId id;
  bool is_settled = false;
  ByteView body;
  ByteView context;  // of its segment
};

// A place where records should be and none are.
struct FoundDamage {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;    // 0: no bytes of it are there
  std::uint64_t records = 0;  // that it cost, as the numbers of those around it tell; a lower bound
  bool is_settled = false;    // delivery has passed it
  std::string reason;         // what is wrong with it, as the rest of a sentence
};

class InspectionVisitor {
 public:
  virtual ~InspectionVisitor() = default;
  virtual void on_record(const FoundRecord& record) = 0;
  virtual void on_damage(const FoundDamage& damage) = 0;
};

// What a journal's folder holds.
struct Inspection {
  Checkpoint checkpoint;
  Status checkpoint_found;  // kAbsent, kCorrupt: there is none, and nothing counts as settled
  std::uint64_t segments = 0;
  std::uint64_t ready_segments = 0;  // of those: without a record yet
  std::uint64_t segment_bytes = 0;
  std::uint64_t records = 0;  // whole ones
  std::uint64_t pending = 0;  // of those
  std::uint64_t damages = 0;
  std::uint64_t damaged_pending = 0;   // records that delivery will count as damaged
  std::uint64_t unfinished_bytes = 0;  // of a record that was, or is, being appended
  std::uint64_t set_aside_files = 0;
  std::uint64_t set_aside_bytes = 0;
  std::uint64_t kept_payloads = 0;
  std::uint64_t kept_payload_bytes = 0;
};

// Shows each record of the journal in `directory`, in order, and each place of damage. Changes
// nothing and takes no lock, so that a broker may hold the journal and go on: then what is found is
// what stood there when the walk began, and what is half appended is not taken for damage. Memory:
// one segment. kRefuse: a newer version wrote it. kIo: the folder can't be read.
Result<Inspection> inspect(const std::string& directory, FileSystem& files,
                           InspectionVisitor& visitor);

}  // namespace mongo_store::journal
