// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "delivery/dead_letter_log.h"
#include "journal/attempt_marks.h"
#include "journal/reader.h"
#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::delivery {

// One document or dead letter, made from one record.
struct EncodedDocument {
  std::size_t record = 0;  // index into the batch's records
  std::uint16_t route = 0;
  std::size_t offset = 0;  // into the encoded bytes
  std::size_t bytes = 0;
  bool is_repeated = false;         // an earlier document of the batch has the same bytes
  bool is_without_payload = false;  // a dead letter
};

// The documents and dead letters of a batch of records; each record becomes one or the other. Used
// by one delivery thread, and reused for other batches to keep its memory. While a record is being
// decoded, it is marked in the thread's slot of the attempt marks, which must outlive this object.
class EncodedBatch {
 public:
  EncodedBatch(journal::AttemptMarks& attempts, std::size_t slot, DeadLetterLog& log)
      : attempts_(attempts), slot_(slot), log_(log) {}

  // Decodes and encodes all records. kRefuse, kCorrupt: the segment's delivery context can't be
  // read. The targets are unknown then, and nothing is encoded.
  Status encode(const journal::ReadBatch& batch);
  // Makes the dead letter of a record whose document the database didn't store.
  EncodedDocument make_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                                   const message::Rejection& rejection) EXCLUDES(attempts_.gate());

  // The payload of that record's dead letter, as a view into the batch.
  ByteView payload(const journal::ReadBatch& batch, std::size_t record) EXCLUDES(attempts_.gate());
  // Makes the dead letter of a record without its payload.
  EncodedDocument make_bare_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                                        const message::Rejection& rejection)
      EXCLUDES(attempts_.gate());
  // Drops all bytes except those of `kept`, and updates the offsets of `kept`. Afterwards,
  // documents() and dead_letters() are empty.
  void compact(std::span<EncodedDocument* const> kept);

  const std::vector<EncodedDocument>& documents() const { return documents_; }
  const std::vector<EncodedDocument>& dead_letters() const { return dead_letters_; }
  const message::DeliveryContext& context() const { return context_; }
  std::size_t bytes() const { return bytes_.size(); }
  // Valid until the next call that encodes, makes a dead letter or compacts.
  ByteView view(const EncodedDocument& document) const {
    return ByteView(bytes_).subspan(document.offset, document.bytes);
  }

 private:
  std::size_t encode_unsuspected(const journal::ReadBatch& batch, std::size_t first)
      EXCLUDES(attempts_.gate());
  void encode_suspect(const journal::ReadBatch& batch, std::size_t record)
      EXCLUDES(attempts_.gate());
  void encode_record(const journal::ReadBatch& batch, std::size_t record)
      REQUIRES_SHARED(attempts_.gate());
  EncodedDocument append_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                                     const message::Rejection& rejection, bool has_payload = true)
      REQUIRES_SHARED(attempts_.gate());
  message::Publish publish_of_dead_letter(const journal::ReadBatch& batch, std::size_t record) const
      REQUIRES_SHARED(attempts_.gate());
  void mark_repeated();
  message::Publish publish_of(const journal::ReadBatch& batch, std::size_t record,
                              message::Rejection& rejection) const;

  journal::AttemptMarks& attempts_;
  const std::size_t slot_;
  DeadLetterLog& log_;
  message::DeliveryContext context_;
  ByteBuffer bytes_;
  std::vector<EncodedDocument> documents_;
  std::vector<EncodedDocument> dead_letters_;
};

}  // namespace mongo_store::delivery
