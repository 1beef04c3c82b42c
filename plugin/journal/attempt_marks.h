// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/file_system.h"
#include "journal/format.h"
#include "journal/reader.h"

namespace mongo_store::journal {

inline constexpr std::size_t kAttemptSlots = 16;  // delivery threads
inline constexpr std::size_t kSuspectsMax = 94;

// Finds the record that ends the process. The record that each delivery thread is working on is
// noted in a file (docs/journal-format.md, Attempts) that survives the process but not the machine.
// A start that finds marks can't know which of the records was the cause, so each of them is a
// suspect. A suspect is tried alone. It is at fault only if the process ends again. Work on a
// record holds the gate: shared, or exclusively for a suspect, so that no other record is worked on
// meanwhile. A slot belongs to one thread. If the journal is mapped, a mark is a store to memory
// without a system call; otherwise it is a write(). Nothing here fails: without the file (no room,
// no rights) the marks are kept in memory only, and identify no culprit.
class AttemptMarks {
 public:
  // Keeps the marks in memory only.
  AttemptMarks();
  // Reads the file that an earlier run left at `path`, and logs its suspects. Records below
  // `settled_below` are settled. A file of another form or of a newer version is replaced. The
  // logger is used only here.
  static std::unique_ptr<AttemptMarks> open(FileSystem& files, const std::string& path,
                                            bool is_mapped, std::uint64_t settled_below,
                                            Logger& logger);
  AttemptMarks(const AttemptMarks&) = delete;
  AttemptMarks& operator=(const AttemptMarks&) = delete;

  SharedMutex& gate() const RETURN_CAPABILITY(gate_) { return gate_; }

  // How often the process ended while that record was worked on. 0: it isn't a suspect. 1: another
  // record may be the cause. More: this record is the cause.
  std::uint32_t crashes(const RecordView& record) const REQUIRES_SHARED(gate_);
  // The thread that owns the slot begins to work on that record, and has finished the previous one.
  void mark(std::size_t slot, const RecordView& record) REQUIRES_SHARED(gate_) {
    set(slot, record, false);
  }
  void mark_alone(std::size_t slot, const RecordView& record) REQUIRES(gate_) {
    set(slot, record, true);
  }
  void clear(std::size_t slot);
  // The record did no harm when it was tried alone. It is no longer a suspect.
  void acquit(const RecordView& record) REQUIRES(gate_);

 private:
  struct Suspect {
    std::uint64_t sequence = 0;
    std::uint32_t crashes = 0;
    ObjectId id;
    bool is_new = false;  // to be logged
  };

  Status load(FileSystem& files, const std::string& path, bool is_mapped,
              std::uint64_t settled_below, Logger& logger) NO_THREAD_SAFETY_ANALYSIS;
  void adopt(ByteView found, std::uint64_t settled_below) REQUIRES(gate_);
  void suspect(std::uint64_t sequence, const ObjectId& id, bool was_alone) REQUIRES(gate_);
  void log_suspects(Logger& logger) const REQUIRES(gate_);
  void put_suspects() REQUIRES(gate_);
  void set(std::size_t slot, const RecordView& record, bool is_alone);
  void write_through(std::size_t offset, std::size_t count);

  ByteBuffer buffer_;
  std::unique_ptr<File> file_;        // null: in memory only
  std::unique_ptr<Mapping> mapping_;  // null: not mapped
  std::byte* bytes_ = nullptr;        // of the mapping, or of the buffer

  mutable SharedMutex gate_;
  std::vector<Suspect> suspects_ GUARDED_BY(gate_);
};

}  // namespace mongo_store::journal
