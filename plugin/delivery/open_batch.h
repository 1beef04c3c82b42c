// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "delivery/encoded_batch.h"
#include "delivery/tries.h"
#include "journal/reader.h"

namespace mongo_store::delivery {

// A batch that was read, and whose records aren't all settled yet.
struct OpenBatch {
  static constexpr std::size_t kSlackBytes = std::size_t{64} << 10;

  OpenBatch(journal::AttemptMarks& attempts, std::size_t slot, DeadLetterLog& log)
      : encoded(attempts, slot, log) {}

  journal::ReadBatch read;
  std::uint64_t ticket = 0;  // from BatchQueue
  EncodedBatch encoded;
  std::size_t unsettled = 0;  // of read.records
  journal::SettledCounts settled;
  journal::SettledCounts settled_before;  // damage, and records that compact() dropped
  std::list<OpenBatch>::iterator place;   // in the list that contains it

  std::size_t bytes() const { return read.bytes.size() + encoded.bytes(); }
  // Whether at least half of it is settled, or it has much unused memory from larger batches.
  bool is_worth_compacting() const {
    return 2 * unsettled <= read.records.size() ||
           read.bytes.capacity() > 2 * read.bytes.size() + kSlackBytes;
  }
  // Keeps only the records of `kept`, and updates the record indexes in `kept`.
  void compact(std::span<EncodedDocument* const> kept);
};

// The open batches of one delivery thread, and spare ones whose memory is reused.
class OpenBatches {
 public:
  OpenBatches(journal::AttemptMarks& attempts, std::size_t slot, DeadLetterLog& log)
      : attempts_(attempts), slot_(slot), log_(log) {}

  // The buffer for the next batch; the caller reads the batch into it.
  OpenBatch& spare();
  // Opens the batch that was read into spare().
  OpenBatch& open_spare() noexcept;
  void settle(OpenBatch& batch, std::uint64_t journal::SettledCounts::*count);
  // Turns one batch without unsettled records into a spare, and returns it. Null: there is none.
  OpenBatch* close_settled();
  // Counts all records of the open batches as unsettled again, except those that compact() dropped.
  void unsettle_all();

  std::list<OpenBatch>& open() { return open_; }
  std::size_t unsettled() const { return unsettled_; }
  std::size_t bytes() const;

 private:
  journal::AttemptMarks& attempts_;
  const std::size_t slot_;
  DeadLetterLog& log_;
  std::list<OpenBatch> open_;
  std::list<OpenBatch> spares_;
  std::size_t unsettled_ = 0;        // documents
  std::size_t settled_batches_ = 0;  // of open_
};

// A document or dead letter that waits to be stored.
struct PendingDocument {
  OpenBatch* batch = nullptr;
  EncodedDocument encoded;
  bool is_alone = false;         // must be sent, or read back, without others
  std::unique_ptr<Tries> tries;  // null: nothing has gone wrong with it so far

  ByteView bytes() const { return batch->encoded.view(encoded); }
  const journal::RecordView& record() const { return batch->read.records[encoded.record]; }
  Tries& tried() {
    if (tries == nullptr) tries = std::make_unique<Tries>();
    return *tries;
  }
};

}  // namespace mongo_store::delivery
