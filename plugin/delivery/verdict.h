// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "delivery/sink.h"
#include "delivery/tries.h"

namespace mongo_store::delivery {

// Decides what a refusal means for a document. The functions are pure except that they update the
// document's Tries. docs/decisions/0014 and 0034 have the reasons.

enum class Kind { kDocument, kDeadLetter };

enum class Verdict {
  kReadBack,    // its key exists: read the stored document and compare
  kWhenAsked,   // throttled: send it again when the server accepts more
  kWait,        // send it again later; others go on meanwhile
  kDeadLetter,  // it can't be stored as a document
  kBare,        // this dead letter can't be stored with its payload
};

struct Evidence {
  std::int64_t now_ms = 0;   // monotonic
  Inserted inserted;         // until now
  Inserted inserted_before;  // before the call that was answered with this refusal
};

// A document that is refused for a reason that may pass becomes a dead letter after this many
// refusals and this much time, if the database inserted others meanwhile. A refused dead letter
// waits indefinitely.
inline constexpr int kUnclearRefusalsMax = 5;
inline constexpr std::int64_t kUnclearMsMin = 60'000;
// How many duplicate keys are tolerated while no majority has a document with that `_id`.
inline constexpr int kUnconfirmedMax = 5;
// After this many consecutive closings of the connection on the same documents, if the server
// answers in between, one of the documents is suspected and they are sent in halves.
inline constexpr int kClosingsBeforeHalving = 2;
// After this many consecutive closings on a single document, judge_closings() decides. The pauses
// in between outlast a server that restarts repeatedly.
inline constexpr int kClosingsOfOne = 8;
// After this many closings on a single document, it becomes a dead letter even if no other document
// was inserted meanwhile, although the collection may be the cause.
inline constexpr int kClosingsOfOneMax = 64;

Verdict judge_refusal(Kind kind, const Refusal& refusal, Tries& tries, const Evidence& evidence);

// After a document that was sent alone got a duplicate key, and again nothing is stored under its
// `_id`. Returns kWait or kDeadLetter.
Verdict judge_absent_duplicate(Kind kind, Tries& tries);

// After the server closed the connection another kClosingsOfOne times on only this document, and
// answered in between. Returns kWait, kDeadLetter or kBare.
Verdict judge_closings(Kind kind, Tries& tries, const Evidence& evidence);

// After a duplicate key whose stored document the user isn't allowed to read. Returns kWait or
// kDeadLetter.
Verdict judge_unreadable(Kind kind, Tries& tries, std::int64_t now_ms);

// Whether this refusal or closing brings a verdict nearer. See Delivery::steps_to_verdicts().
bool is_step_to_verdict(const Tries& tries, std::int64_t now_ms);

}  // namespace mongo_store::delivery
