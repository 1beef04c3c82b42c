// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/requeue.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "message/counterpart.h"
#include "message/document_bytes.h"
#include "message/rejection.h"

namespace mongo_store::cli {
namespace {

constexpr std::size_t kStepDocumentsMax = 1000;
constexpr std::size_t kStepBytesMax = std::size_t{2} << 20;
constexpr std::uint64_t kNamedMax = 20;  // dead letters that remain, in messages

// Under an `_id` other than the one in its reason, it would be stored in addition to the document
// of which it may be a resend.
bool is_conflict_evaded(const message::DeadLetterReading& letter, ByteView document) {
  return letter.reason_code == message::rejection_code_name(message::RejectionCode::kIdConflict) &&
         letter.reason_sentence.find(message::id_of_document(document).hex()) ==
             std::string_view::npos;
}

}  // namespace

Result<bool> Requeue::step(const mongo::DeadLetterFilter& filter) {
  Result<std::vector<ByteBuffer>> letters =
      store_.next(filter, after_, kStepDocumentsMax, kStepBytesMax);
  if (!letters.is_ok()) return letters.status();
  made_.clear();
  done_.clear();
  for (const ByteBuffer& letter : letters.value()) make(letter);
  for (const auto& [collection, made] : made_) {
    Status stored = store(collection, made);
    if (!stored.is_ok()) return stored;
  }
  Status removed = remove();
  if (!removed.is_ok()) return removed;
  return !letters.value().empty();
}

void Requeue::make(const ByteBuffer& letter) {
  bson_t document;
  bson_iter_t at;
  // Always true: the store returns only documents whose `_id` is an ObjectId.
  if (!bson_init_static(&document, reinterpret_cast<const std::uint8_t*>(letter.data()),
                        letter.size()) ||
      !bson_iter_init_find(&at, &document, "_id") || !BSON_ITER_HOLDS_OID(&at)) {
    return;
  }
  ObjectId id;
  std::memcpy(id.bytes.data(), bson_iter_oid(&at)->bytes, ObjectId::kBytes);
  after_ = id;
  ++counts_.read;
  const Result<message::DeadLetterReading> reading = message::read_dead_letter(document);
  if (reading.is_ok()) {
    make_document(reading.value());
  } else {
    stay(id, counts_.unreadable, reading.message());
  }
}

void Requeue::make_document(const message::DeadLetterReading& letter) {
  const message::Publish& publish = letter.publish;
  if (publish.payload_bytes_total > publish.payload.size()) {
    return stay(publish.id, counts_.truncated,
                text("the dead letter has only ", publish.payload.size(), " of the ",
                     publish.payload_bytes_total, " bytes of its payload"));
  }
  if (letter.collection.empty()) {
    return stay(publish.id, counts_.no_document,
                text("it has no collection: ", letter.reason_sentence));
  }
  const message::DeliveryContext context = message::context_of(letter, route_);
  ByteBuffer document;
  const message::Rejection rejection = message::append_document(publish, context, document);
  if (!rejection.is_none()) return stay(publish.id, counts_.no_document, rejection.sentence);
  if (is_conflict_evaded(letter, document)) {
    return stay(publish.id, counts_.conflicts,
                text("it is only tried under the _id that conflicted, which is derived from its "
                     "message id: pass the --message-id that its broker used; ",
                     letter.reason_sentence));
  }
  made_[context.routes.front().collection].push_back({publish.id, std::move(document)});
}

Status Requeue::store(const std::string& collection, std::span<const Made> made) {
  const delivery::Target target = {route_.database, collection};
  std::vector<ByteView> views;
  for (const Made& one : made) views.emplace_back(one.document);
  const delivery::InsertOutcome outcome = session_.insert(target, views);
  if (!outcome.status.is_ok()) return outcome.status;
  Status resolved = resolve(target, made, outcome.refusals);
  if (!resolved.is_ok()) return resolved;
  std::vector<bool> is_refused(made.size(), false);
  for (const delivery::Refusal& refusal : outcome.refusals) is_refused[refusal.index] = true;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (is_refused[i]) continue;
    ++counts_.stored;
    done_.push_back(made[i].id);
  }
  return {};
}

// A duplicate key doesn't say which document has the key, so the stored documents are read. All are
// looked up at once, because a run that is killed between a step's insert and its removal leaves a
// whole step of duplicates.
Status Requeue::resolve(const delivery::Target& target, std::span<const Made> made,
                        std::span<const delivery::Refusal> refusals) {
  std::vector<const delivery::Refusal*> duplicates;
  std::vector<ByteView> views;
  for (const delivery::Refusal& refusal : refusals) {
    if (refusal.kind == delivery::RefusalKind::kDuplicateKey) {
      duplicates.push_back(&refusal);
      views.emplace_back(made[refusal.index].document);
    } else {
      stay_refused(made[refusal.index], refusal);
    }
  }
  if (duplicates.empty()) return {};
  const auto found = session_.find_stored(target, views);
  if (!found.is_ok()) return found.status();
  for (std::size_t i = 0; i < duplicates.size(); ++i) {
    const Made& one = made[duplicates[i]->index];
    const ByteBuffer& stored = found.value()[i];
    if (stored.empty()) {
      stay_refused(one, *duplicates[i]);
    } else {
      settle_found(one, stored);
    }
  }
  return {};
}

void Requeue::stay_refused(const Made& made, const delivery::Refusal& refusal) {
  stay(made.id, counts_.refused,
       text("MongoDB refused it with code ", refusal.code, ": ", refusal.message));
}

// Applies the same rule as delivery.
void Requeue::settle_found(const Made& made, ByteView stored) {
  const ByteView document(made.document);
  const message::Counterpart counterpart = message::compare(document, stored, made.id);
  if (counterpart != message::Counterpart::kOther) {
    const bool is_own = counterpart == message::Counterpart::kOwn;
    ++(is_own ? counts_.stored_before : counts_.duplicates);
    done_.push_back(made.id);
  } else {
    stay(made.id, counts_.conflicts,
         text("another document with its _id, ", message::id_of_document(document).hex(),
              ", is already stored"));
  }
}

Status Requeue::remove() {
  if (done_.empty()) return {};
  const Result<std::int64_t> removed = store_.remove(done_);
  if (removed.is_ok()) counts_.removed += static_cast<std::uint64_t>(removed.value());
  return removed.status();
}

void Requeue::stay(const ObjectId& id, std::uint64_t& count, const std::string& why) {
  ++count;
  if (counts_.remaining() > kNamedMax) return;
  (void)std::fprintf(stderr, "mongo-store: %s remains: %s\n", id.hex().c_str(), why.c_str());
  if (counts_.remaining() == kNamedMax)
    (void)std::fputs("mongo-store: further dead letters that remain are only counted\n", stderr);
}

}  // namespace mongo_store::cli
