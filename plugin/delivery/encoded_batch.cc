// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/encoded_batch.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "message/document_bytes.h"

namespace mongo_store::delivery {
namespace {

// After this many crashes, the record isn't decoded for its dead letter either, because that ended
// the process too.
constexpr std::uint32_t kWholeFromCrashes = 3;

// Clears the slot when the work ends, unless the process ends first.
struct MarkedWork {
  MarkedWork(journal::AttemptMarks& marks, std::size_t number) : attempts(marks), slot(number) {}
  ~MarkedWork() { attempts.clear(slot); }
  MarkedWork(const MarkedWork&) = delete;
  MarkedWork& operator=(const MarkedWork&) = delete;

  journal::AttemptMarks& attempts;
  const std::size_t slot;
};

message::Publish whole_record(const journal::RecordView& view) {
  message::Publish whole;
  whole.id = view.id;
  whole.arrival_ms = std::int64_t{view.id.seconds()} * 1000;
  whole.payload = view.body;
  whole.payload_bytes_total = static_cast<std::uint32_t>(view.body.size());
  return whole;
}

message::Rejection process_ended(std::uint32_t crashes) {
  return {message::RejectionCode::kProcessEnded,
          text("the broker's process ended ", crashes,
               " times while it decoded this record, the last time while it decoded no other: "
               "the payload is kept unchanged and wasn't decoded again")};
}

}  // namespace

Status EncodedBatch::encode(const journal::ReadBatch& batch) {
  documents_.clear();
  dead_letters_.clear();
  bytes_.clear();
  if (batch.records.empty()) return {};
  Result<message::DeliveryContext> context = message::decode_context(batch.context);
  if (!context.is_ok()) return context.status();
  context_ = std::move(context).value();
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    i = encode_unsuspected(batch, i);
    if (i < batch.records.size()) encode_suspect(batch, i);
  }
  mark_repeated();
  return {};
}

// Two records have the same `_id` only if they have the same message id. Their documents have the
// same bytes only if the resend arrived within the same millisecond.
void EncodedBatch::mark_repeated() {
  std::vector<EncodedDocument*> with_message_id;
  for (EncodedDocument& document : documents_) {
    const message::Route& route = context_.routes[document.route];
    if (route.message_id_source != MessageIdSource::kOff) {
      with_message_id.push_back(&document);
    }
  }
  const auto bytes = [this](const EncodedDocument* document) { return as_text(view(*document)); };
  std::ranges::stable_sort(with_message_id, {}, bytes);
  for (std::size_t i = 1; i < with_message_id.size(); ++i) {
    with_message_id[i]->is_repeated = bytes(with_message_id[i]) == bytes(with_message_id[i - 1]);
  }
}

// Encodes the records before the next suspect. Returns the suspect's index, or the batch's size.
std::size_t EncodedBatch::encode_unsuspected(const journal::ReadBatch& batch, std::size_t first) {
  const SharedLock beside_others(attempts_.gate());
  const MarkedWork work(attempts_, slot_);
  for (std::size_t i = first; i < batch.records.size(); ++i) {
    if (attempts_.crashes(batch.records[i]) > 0) return i;
    attempts_.mark(slot_, batch.records[i]);
    encode_record(batch, i);
  }
  return batch.records.size();
}

void EncodedBatch::encode_suspect(const journal::ReadBatch& batch, std::size_t record) {
  const journal::RecordView& view = batch.records[record];
  const ExclusiveLock alone(attempts_.gate());
  const MarkedWork work(attempts_, slot_);
  const std::uint32_t crashes = attempts_.crashes(view);
  attempts_.mark_alone(slot_, view);
  if (crashes > 1) {
    dead_letters_.push_back(append_dead_letter(batch, record, process_ended(crashes)));
    return;
  }
  encode_record(batch, record);
  attempts_.acquit(view);
}

void EncodedBatch::encode_record(const journal::ReadBatch& batch, std::size_t record) {
  message::Rejection rejection;
  const message::Publish publish = publish_of(batch, record, rejection);
  if (rejection.is_none()) {
    const std::size_t offset = bytes_.size();
    rejection = message::append_document(publish, context_, bytes_);
    if (rejection.is_none()) {
      documents_.push_back({record, publish.route, offset, bytes_.size() - offset});
      return;
    }
  }
  dead_letters_.push_back(append_dead_letter(batch, record, rejection));
}

EncodedDocument EncodedBatch::make_dead_letter(const journal::ReadBatch& batch, std::size_t record,
                                               const message::Rejection& rejection) {
  const SharedLock beside_others(attempts_.gate());
  const MarkedWork work(attempts_, slot_);
  attempts_.mark(slot_, batch.records[record]);
  return append_dead_letter(batch, record, rejection);
}

ByteView EncodedBatch::payload(const journal::ReadBatch& batch, std::size_t record) {
  const SharedLock beside_others(attempts_.gate());
  const MarkedWork work(attempts_, slot_);
  attempts_.mark(slot_, batch.records[record]);
  return publish_of_dead_letter(batch, record).payload;
}

EncodedDocument EncodedBatch::make_bare_dead_letter(const journal::ReadBatch& batch,
                                                    std::size_t record,
                                                    const message::Rejection& rejection) {
  const SharedLock beside_others(attempts_.gate());
  const MarkedWork work(attempts_, slot_);
  attempts_.mark(slot_, batch.records[record]);
  EncodedDocument bare = append_dead_letter(batch, record, rejection, false);
  bare.is_without_payload = true;
  return bare;
}

EncodedDocument EncodedBatch::append_dead_letter(const journal::ReadBatch& batch,
                                                 std::size_t record,
                                                 const message::Rejection& rejection,
                                                 bool has_payload) {
  message::Publish publish = publish_of_dead_letter(batch, record);
  log_.add(publish, rejection);
  if (!has_payload) publish.payload = {};
  const std::size_t offset = bytes_.size();
  message::append_dead_letter(publish, context_, rejection, bytes_);
  return {record, publish.route, offset, bytes_.size() - offset};
}

void EncodedBatch::compact(std::span<EncodedDocument* const> kept) {
  ByteBuffer bytes;
  for (EncodedDocument* document : kept) {
    const ByteView at = view(*document);
    document->offset = bytes.size();
    bytes.insert(bytes.end(), at.begin(), at.end());
  }
  bytes_ = std::move(bytes);
  std::vector<EncodedDocument>().swap(documents_);
  std::vector<EncodedDocument>().swap(dead_letters_);
}

message::Publish EncodedBatch::publish_of_dead_letter(const journal::ReadBatch& batch,
                                                      std::size_t record) const {
  message::Rejection unreadable;
  const journal::RecordView& view = batch.records[record];
  return attempts_.crashes(view) < kWholeFromCrashes ? publish_of(batch, record, unreadable)
                                                     : whole_record(view);
}

// A record that can't be read becomes the payload of a publish without a topic.
message::Publish EncodedBatch::publish_of(const journal::ReadBatch& batch, std::size_t record,
                                          message::Rejection& rejection) const {
  const journal::RecordView& view = batch.records[record];
  const Result<message::Publish> publish = message::decode_publish(view.id, view.body);
  if (publish.is_ok() && publish.value().route < context_.routes.size()) return publish.value();
  rejection.code = message::RejectionCode::kRecordUnreadable;
  rejection.sentence = publish.is_ok() ? text("record refers to route ", publish.value().route,
                                              ", but its segment has only ", context_.routes.size())
                                       : publish.message();
  return whole_record(view);
}

}  // namespace mongo_store::delivery
