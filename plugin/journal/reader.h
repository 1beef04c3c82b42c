// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "journal/damage.h"
#include "journal/file_system.h"
#include "journal/format.h"
#include "journal/segment.h"

namespace mongo_store::journal {

struct RecordView {
  std::uint64_t sequence = 0;
  ObjectId id;
  ByteView body;  // into ReadBatch::bytes
};

// Consecutive records of one segment, and the positions before and after them. Settling the batch
// settles everything from `begin` to `end`. The next read reuses the buffers.
struct ReadBatch {
  std::vector<RecordView> records;
  ByteBuffer context;  // the context of their segment
  Position begin;
  Position end;
  std::uint64_t damaged = 0;  // sequence numbers between begin and end that have no record
  ObjectId last_id;           // of the last record; zero: none
  ByteBuffer bytes;
};

// Returns records in order, each once. It follows the committed bytes of this run's segments. It
// checks each record of an earlier run, so that only whole ones are returned. It skips damage by
// searching for the next whole record, and sets the damage aside. One thread at a time. The chain,
// the file system and the damage store must outlive it.
class Reader {
 public:
  static constexpr int kReadTries = 10;

  Reader(std::string directory, Segment* chain, Position from, FileSystem& files,
         DamageStore& damage);

  // Fills `batch` with up to records_max records of up to bytes_max bytes in all (one record may be
  // larger). False: there is nothing new. True without a record: only damage, or a segment's end,
  // was passed. kIo: the disk couldn't be read; call again later. Bytes that still can't be read
  // after kReadTries calls count as damage if the device returns any part of their segment. If it
  // returns nothing, the device may only be temporarily unavailable. kRefuse: the segment has a
  // newer version; nothing after it is read.
  Result<bool> read(ReadBatch& batch, std::size_t records_max, std::size_t bytes_max);

 private:
  enum class Step { kRecords, kMoved, kNothing };

  Result<Step> step(ReadBatch& batch, std::size_t records_max, std::size_t bytes_max);
  Status open_segment();
  bool move_on();
  void pass_numbers(std::uint64_t to);
  Result<Step> parse(ReadBatch& batch, std::size_t records_max, std::uint64_t limit);
  Result<std::uint64_t> read_file(File& file, std::uint64_t offset, std::span<std::byte> to);
  Status read_around_bad_sectors(File& file, std::uint64_t offset, std::span<std::byte> to);
  Status load(ReadBatch& batch, std::uint64_t bytes);
  Status pass_damage(std::uint64_t limit);
  void begin_batch(ReadBatch& batch, std::size_t records_max);
  void end_batch(ReadBatch& batch);

  const std::string directory_;
  FileSystem& files_;
  DamageStore& damage_;
  Segment* segment_;            // being read; the chain's sentinel before the first one
  std::unique_ptr<File> file_;  // null: not opened yet
  bool is_unreadable_ = false;  // no header: skipped as a whole
  int failed_reads_ = 0;        // of this segment, since everything that failed could be read
  std::uint64_t failed_end_ = 0;
  std::uint64_t epoch_ = 0;
  ByteBuffer context_;
  Position position_;
  Position handed_out_;  // the end of the last batch; position_ may be further
  const Position from_;
};

}  // namespace mongo_store::journal
