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

// A batch that was read and has records that are not settled yet.
struct OpenBatch {
  static constexpr std::size_t kSlackBytes = std::size_t{64} << 10;

  OpenBatch(journal::AttemptMarks& attempts, std::size_t slot, DeadLetterLog& log)
      : encoded(attempts, slot, log) {}

  journal::ReadBatch read;
  std::uint64_t ticket = 0;  // the queue's
  EncodedBatch encoded;
  std::size_t unsettled = 0;  // of read.records
  journal::SettledCounts settled;
  journal::SettledCounts settled_before;  // of damage, and of records that compact() dropped
  std::list<OpenBatch>::iterator place;   // in the list that holds it

  std::size_t bytes() const { return read.bytes.size() + encoded.bytes(); }
  // Most of it is settled, or holds memory of larger batches before it.
  bool is_worth_compacting() const {
    return 2 * unsettled <= read.records.size() ||
           read.bytes.capacity() > 2 * read.bytes.size() + kSlackBytes;
  }
  // Keeps only the records of `kept`, and changes their places to the new ones.
  void compact(std::span<EncodedDocument* const> kept);
};

// The batches that one delivery thread has open, and those whose memory is used again.
class OpenBatches {
 public:
  OpenBatches(journal::AttemptMarks& attempts, std::size_t slot, DeadLetterLog& log)
      : attempts_(attempts), slot_(slot), log_(log) {}

  // Where the next batch is to be read to.
  OpenBatch& spare();
  // Opens what was read to spare(); throws nothing.
  OpenBatch& open_spare() noexcept;
  void settle(OpenBatch& batch, std::uint64_t journal::SettledCounts::*count);
  // The next batch that has no unsettled record, which is a spare one from now on; null: none.
  OpenBatch* close_settled();
  // Counts as unsettled again what was settled since a batch was opened or compacted.
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

// One document, or dead letter, that waits to be stored.
struct PendingDocument {
  OpenBatch* batch = nullptr;
  EncodedDocument encoded;
  bool is_alone = false;         // to be sent, or read back, with no other
  std::unique_ptr<Tries> tries;  // none: nothing but waiting has happened to it

  ByteView bytes() const { return batch->encoded.view(encoded); }
  const journal::RecordView& record() const { return batch->read.records[encoded.record]; }
  Tries& tried() {
    if (tries == nullptr) tries = std::make_unique<Tries>();
    return *tries;
  }
};

}  // namespace mongo_store::delivery
