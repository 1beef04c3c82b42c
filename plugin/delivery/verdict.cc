// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/verdict.h"

namespace mongo_store::delivery {

Verdict judge_refusal(Kind kind, const Refusal& refusal, Tries& tries, const Evidence& evidence) {
  if (refusal.kind == RefusalKind::kDuplicateKey) return Verdict::kReadBack;
  if (refusal.kind == RefusalKind::kLater) return Verdict::kWhenAsked;
  if (tries.refusals++ == 0) {
    tries.first_refusal_ms = evidence.now_ms;
    tries.inserted_before_refusal = evidence.inserted_before;
  }
  if (kind == Kind::kDeadLetter) return Verdict::kWait;
  if (refusal.kind == RefusalKind::kDocumentAtFault) return Verdict::kDeadLetter;
  const bool is_refused_for_long = evidence.now_ms - tries.first_refusal_ms >= kUnclearMsMin;
  const bool accepts_others = evidence.inserted.documents > tries.inserted_before_refusal.documents;
  const bool is_final =
      is_refused_for_long && tries.refusals >= kUnclearRefusalsMax && accepts_others;
  return is_final ? Verdict::kDeadLetter : Verdict::kWait;
}

// The document with that key may not be confirmed yet, or may be about to be rolled back. The
// number of tries is limited, because a shard can contain an orphan that no reader sees.
Verdict judge_absent_duplicate(Kind kind, Tries& tries) {
  const bool may_pass = ++tries.unconfirmed < kUnconfirmedMax && tries.is_duplicate_on_id;
  return kind == Kind::kDocument && !may_pass ? Verdict::kDeadLetter : Verdict::kWait;
}

// If other inserts succeed meanwhile, this document is the cause. A dead letter has the only copy
// of its payload, which is left out only if documents or dead letters were inserted meanwhile.
Verdict judge_closings(Kind kind, Tries& tries, const Evidence& evidence) {
  tries.closings += kClosingsOfOne;
  const Inserted& before = tries.inserted_before_closing;
  const bool has_documents = evidence.inserted.documents > before.documents;
  const bool has_dead_letters = evidence.inserted.dead_letters > before.dead_letters;
  const bool is_closed_for_long = tries.closings >= kClosingsOfOneMax;
  if (kind == Kind::kDocument) {
    return has_documents || is_closed_for_long ? Verdict::kDeadLetter : Verdict::kWait;
  }
  return has_dead_letters || (has_documents && is_closed_for_long) ? Verdict::kBare
                                                                   : Verdict::kWait;
}

// The right may be missing only for a moment, while the user is being created again.
Verdict judge_unreadable(Kind kind, Tries& tries, std::int64_t now_ms) {
  if (tries.unreadable++ == 0) tries.first_unreadable_ms = now_ms;
  const bool is_for_long = now_ms - tries.first_unreadable_ms >= kUnclearMsMin;
  return kind == Kind::kDocument && is_for_long ? Verdict::kDeadLetter : Verdict::kWait;
}

bool is_step_to_verdict(const Tries& tries, std::int64_t now_ms) {
  if (tries.refusals > 0) return now_ms - tries.first_refusal_ms < kUnclearMsMin;
  return tries.closings < kClosingsOfOneMax;
}

}  // namespace mongo_store::delivery
