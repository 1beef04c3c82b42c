// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "journal/attempt_marks.h"
#include "journal/reader.h"
#include "message/delivery_context.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::delivery {

// What the database has taken since the start.
struct TakenInAll {
  std::uint64_t documents = 0;
  std::uint64_t dead_letters = 0;
};

// One document that waits to be taken, made of one record.
struct Outgoing {
  std::size_t record = 0;  // index into the batch's records
  std::uint16_t route = 0;
  std::size_t offset = 0;  // into the encoded bytes
  std::size_t bytes = 0;
  int refusals = 0;                    // for its own sake
  std::int64_t refused_ms = 0;         // when it was refused first
  std::uint64_t taken_at_refusal = 0;  // documents taken in all before its first refusal
  bool is_repeated = false;            // an earlier one of the batch has the same bytes
  int unconfirmed = 0;                 // times that its `_id` was there, and no majority had it
  int closings = 0;                    // of the connection, when it was sent alone
  TakenInAll taken_at_closing = {};    // before the first of these
  bool is_without_payload = false;     // a dead letter
};

// What a batch of records becomes: a document each, or a dead letter each. Owned and used by one
// delivery thread; its memory is used again for the next batch. Each record is marked in the
// thread's slot while it is worked on; the marks outlive this.
class EncodedBatch {
 public:
  EncodedBatch(journal::AttemptMarks& attempts, std::size_t slot)
      : attempts_(attempts), slot_(slot) {}

  // Decodes and encodes all records. kRefuse, kCorrupt: the segment's delivery context can't be
  // read, so that no target is known; nothing is encoded.
  Status encode(const journal::ReadBatch& batch);
  // Makes the dead letter of a record that the database wouldn't take as a document.
  void add_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                       const message::Rejection& rejection);

  // What a dead letter of that record has as its payload; a view of the batch.
  ByteView payload(const journal::ReadBatch& batch, std::size_t record) EXCLUDES(attempts_.gate());
  // The dead letter of a record anew, without its payload; to be sent by the caller.
  Outgoing dead_letter_without_payload(const journal::ReadBatch& batch, std::size_t record,
                                       const message::Rejection& rejection)
      EXCLUDES(attempts_.gate());

  std::vector<Outgoing>& documents() { return documents_; }
  std::vector<Outgoing>& dead_letters() { return dead_letters_; }
  const message::DeliveryContext& context() const { return context_; }
  // Valid until the next add_dead_letter() or encode().
  ByteView view(const Outgoing& outgoing) const {
    return ByteView(bytes_).subspan(outgoing.offset, outgoing.bytes);
  }

 private:
  std::size_t encode_unsuspected(const journal::ReadBatch& batch, std::size_t first)
      EXCLUDES(attempts_.gate());
  void encode_suspect(const journal::ReadBatch& batch, std::size_t record)
      EXCLUDES(attempts_.gate());
  void encode_record(const journal::ReadBatch& batch, std::size_t record)
      REQUIRES_SHARED(attempts_.gate());
  Outgoing append_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                              const message::Rejection& rejection, bool has_payload = true)
      REQUIRES_SHARED(attempts_.gate());
  message::Publish publish_of_dead_letter(const journal::ReadBatch& batch, std::size_t record) const
      REQUIRES_SHARED(attempts_.gate());
  void mark_repeated();
  message::Publish publish_of(const journal::ReadBatch& batch, std::size_t record,
                              message::Rejection& rejection) const;

  journal::AttemptMarks& attempts_;
  const std::size_t slot_;
  message::DeliveryContext context_;
  ByteBuffer bytes_;
  std::vector<Outgoing> documents_;
  std::vector<Outgoing> dead_letters_;
};

}  // namespace mongo_store::delivery
