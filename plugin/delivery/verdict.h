// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

#include "delivery/sink.h"
#include "delivery/tries.h"

namespace mongo_store::delivery {

// Decides what a refusal means for a document. Pure: all that it decides by is given, and all that
// it learns goes into the document's Tries. docs/decisions/0014 and 0034 say why.

enum class Kind { kDocument, kDeadLetter };

enum class Verdict {
  kReadBack,    // something has its key: look whether it is our own
  kWhenAsked,   // throttled: send it again when the target accepts more
  kWait,        // send it again later; others go on meanwhile
  kDeadLetter,  // it can't be stored as it is
  kBare,        // a dead letter that can't be stored with its payload
};

struct Evidence {
  std::int64_t now_ms = 0;   // monotonic
  Inserted inserted;         // now
  Inserted inserted_before;  // before the call that ended in this refusal
};

// A document that is refused for a reason that may pass becomes a dead letter after so many times
// and so long, if the database inserted others meanwhile. A dead letter never does: it waits.
inline constexpr int kUnclearRefusalsMax = 5;
inline constexpr std::int64_t kUnclearMsMin = 60'000;
// Times that an `_id` may be there while no majority has it.
inline constexpr int kUnconfirmedMax = 5;
// The server closes the connection so many times on several documents, one after the other, and
// answers in between: then it is what was sent, and its halves are sent.
inline constexpr int kClosingsBeforeHalving = 2;
// On one document: the pauses in between outlast a server that comes and goes.
inline constexpr int kClosingsOfOne = 8;
// Where no other document was inserted meanwhile, so that it may be the collection and not this
// one.
inline constexpr int kClosingsOfOneMax = 64;

Verdict judge_refusal(Kind kind, const Refusal& refusal, Tries& tries, const Evidence& evidence);

// A duplicate key, sent alone, and again nothing is stored under its `_id`: kWait or kDeadLetter.
Verdict judge_absent_duplicate(Kind kind, Tries& tries);

// The server closed the connection kClosingsOfOne times more on this one alone, and answered in
// between.
Verdict judge_closings(Kind kind, Tries& tries, const Evidence& evidence);

// A duplicate key whose document our rights don't allow to read: kWait or kDeadLetter.
Verdict judge_unreadable(Kind kind, Tries& tries, std::int64_t now_ms);

// Whether a refusal or closing brings a verdict nearer, which whoever waits for one wants to know.
bool is_step_to_verdict(const Tries& tries, std::int64_t now_ms);

}  // namespace mongo_store::delivery
