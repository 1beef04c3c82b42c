// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// The part of BatchDelivery that reads documents back. A duplicate key only says that some key
// exists already. That can be our own document after a lost answer, a resend, another document with
// the same `_id`, or another unique index. The document stored under the `_id` tells which; see
// docs/decisions/0014.
#include <utility>

#include "base/text.h"
#include "delivery/batch_delivery.h"
#include "message/counterpart.h"
#include "message/document_bytes.h"

namespace mongo_store::delivery {
namespace {

// A read-back may fail because it asks for too many documents. The next one asks for this many
// times fewer, down to one.
constexpr std::size_t kShrinkBy = 8;

enum class KeyVerdict { kUnknown, kOnceMore, kOwn };

// If the server doesn't name the index, the one that refused the document may have been dropped
// since. A duplicate key is therefore the `_id`'s only if checks before and after the insert found
// no other unique index.
KeyVerdict judge_by_key(const PendingDocument& document, KeyProof proof) {
  const Tries& tries = *document.tries;
  if (proof == KeyProof::kNothing) return KeyVerdict::kUnknown;
  if (message::id_of_document(document.bytes()) != document.record().id)
    return KeyVerdict::kUnknown;
  if (tries.is_duplicate_on_id) return KeyVerdict::kOwn;
  if (tries.is_index_named || proof != KeyProof::kAnyKey) return KeyVerdict::kUnknown;
  return tries.was_id_only_unique ? KeyVerdict::kOwn : KeyVerdict::kOnceMore;
}

}  // namespace

void BatchDelivery::read_back(Lane& lane) {
  const std::span<PendingDocument> run = lane.next_run(now_ms());
  fill_views(run);
  const Result<std::vector<ByteBuffer>> found = session_.find_stored(lane.target(), views_);
  if (!found.is_ok()) {
    after_failed_read_back(lane, run, found.status());
    return;
  }
  for (std::size_t i = 0; i < run.size(); ++i) {
    const ByteBuffer& stored = found.value()[i];
    stored.empty() ? judge_absent(lane, run[i]) : judge_found(run[i], lane.kind(), stored);
  }
  lane.finish(run.size());
  lane.resume();
  lane.grow_slowly(now_ms());
  shared_.read_backs_outage.end();
  log_refused_settled(lane_beside(lane, Lane::Call::kInsert));
}

void BatchDelivery::judge_found(PendingDocument& document, Kind kind, ByteView stored) {
  using message::Counterpart;
  const ByteView bytes = document.bytes();
  const Counterpart counterpart = message::compare(bytes, stored, document.record().id);
  outage(kind).end();
  if (kind == Kind::kDeadLetter) {
    shared_.counters.already_stored.add();
    settle(document, &journal::SettledCounts::dead_lettered);
  } else if (counterpart == Counterpart::kOwn && !document.encoded.is_repeated) {
    shared_.counters.already_stored.add();
    settle(document, &journal::SettledCounts::stored);
  } else if (counterpart != Counterpart::kOther) {
    settle(document, &journal::SettledCounts::duplicates);
  } else {
    shared_.counters.id_conflicts.add();
    make_dead_letter(document, message::RejectionCode::kIdConflict,
                     text("a document with the same _id, ", message::id_of_document(bytes).hex(),
                          ", and different content is already stored"));
  }
}

// The document is sent alone and read back once more before another unique index is blamed, because
// an answer may have been lost in between.
void BatchDelivery::judge_absent(Lane& lane, PendingDocument& document) {
  Lane& inserts = lane_beside(lane, Lane::Call::kInsert);
  if (!document.is_alone) {
    document.is_alone = true;
    inserts.push(std::move(document));
    return;
  }
  Tries& tries = document.tried();
  document.is_alone = false;
  if (judge_absent_duplicate(lane.kind(), tries) == Verdict::kDeadLetter) {
    make_dead_letter(document, message::RejectionCode::kUniqueIndex,
                     refusal_sentence(tries.duplicate_code, tries.duplicate_message));
  } else {
    log_refused(inserts, 1, 1, tries.duplicate_code, tries.duplicate_message);
    inserts.defer(std::move(document), now_ms() + lane.pause_of_one_ms(tries.unconfirmed));
  }
}

// The insert's answer can prove that a document with that key is stored safely. If the key is the
// `_id` and the `_id` was assigned on arrival, no other record has it, and the stored document is
// this one; only its content isn't compared. All other documents wait for an answer. If the user
// isn't allowed to read, they wait only for a limited time.
void BatchDelivery::after_failed_read_back(Lane& lane, std::span<PendingDocument> run,
                                           const Status& why) {
  shared_.counters.read_backs_failed.add();
  const KeyProof proof = session_.key_proof(lane.target());
  Lane& inserts = lane_beside(lane, Lane::Call::kInsert);
  for (PendingDocument& document : run) {
    Tries& tries = document.tried();
    switch (judge_by_key(document, proof)) {
      case KeyVerdict::kOwn:
        shared_.counters.already_stored.add();
        settle(document, lane.kind() == Kind::kDocument ? &journal::SettledCounts::stored
                                                        : &journal::SettledCounts::dead_lettered);
        continue;
      case KeyVerdict::kOnceMore:
        tries.was_id_only_unique = true;
        inserts.push(std::move(document));
        continue;
      case KeyVerdict::kUnknown: break;
    }
    if (why.code() == StatusCode::kRefuse &&
        judge_unreadable(lane.kind(), tries, now_ms()) == Verdict::kDeadLetter) {
      make_dead_letter(
          document, message::RejectionCode::kIdConflict,
          text("a document with the same _id, ", message::id_of_document(document.bytes()).hex(),
               ", is already stored, and the MongoDB user isn't allowed to read it for a "
               "comparison: ",
               why.message()));
    } else {
      again_.push_back(std::move(document));
    }
  }
  lane.finish(run.size());
  if (again_.empty()) {
    lane.resume();
    return;
  }
  shared_.read_backs_outage.begin(why);
  if (why.code() != StatusCode::kRefuse) lane.shrink(run.size() / kShrinkBy, now_ms());
  lane.pause(now_ms());
  lane.push_front(again_);
}

}  // namespace mongo_store::delivery
