// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// BatchDelivery where the server closes the connection instead of answering: docs/decisions/0019.
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "delivery/batch_delivery.h"

namespace mongo_store::delivery {
namespace {

// The server closes the connection so many times, one behind the other, and answers between them:
// then it is what was sent, and its halves are sent.
constexpr int kClosingsBeforeHalving = 2;
// One document: the pauses between them outlast a server that comes and goes.
constexpr int kClosingsOfOne = 8;
// Where no other document was taken meanwhile, so that it may be the collection and not this one.
constexpr int kClosingsOfOneMax = 64;

}  // namespace

bool BatchDelivery::send_halves(Kind kind, std::span<const Outgoing> sent,
                                std::vector<Outgoing>& again) {
  tell_closed(kind, sent.size());
  if (sent.size() == 1) {
    give_up(kind, sent.front(), again);
    return true;
  }
  backoff_.reset();
  const std::size_t half = sent.size() / 2;
  return send_run(kind, sent.first(half), again) && send_run(kind, sent.subspan(half), again);
}

BatchDelivery::Sent BatchDelivery::insert(Kind kind, std::span<const Outgoing> sent,
                                          std::vector<Refusal>& refusals) {
  const int closings_max = sent.size() == 1 ? kClosingsOfOne : kClosingsBeforeHalving;
  for (int closings = 0;;) {
    fill_views(sent);
    shared_.counters.batches_sent.add();
    taken_before_ = shared_.counters.documents_taken.value();
    InsertOutcome outcome = session_.insert(target_of(kind, sent.front()), views_);
    if (outcome.status.is_ok()) {
      refusals = std::move(outcome.refusals);
      take(kind, sent.size() - refusals.size());
      return Sent::kAnswered;
    }
    shared_.counters.batches_failed.add();
    const ReadBack read_back =
        outcome.is_connection_closed ? read_first_back(kind, sent) : ReadBack::kNoAnswer;
    if (read_back == ReadBack::kFound && sent.size() == 1) {
      refusals = {{0, RefusalKind::kDuplicateKey, 0, outcome.status.message()}};
      return Sent::kAnswered;
    }
    if (read_back == ReadBack::kNoAnswer) {
      closings = 0;
      if (!wait_after(kind, outcome.status)) return Sent::kStopped;
      continue;
    }
    if (closings++ == 0) begin_closings();
    if (sent.size() == 1 && sent.front().closings < kClosingsOfOneMax) {
      shared_.counters.steps_to_verdicts.add();
    }
    if (closings == closings_max) return Sent::kClosedOn;
    if (!shared_.stop.wait_ms(backoff_.next_ms())) return Sent::kStopped;
  }
}

void BatchDelivery::begin_closings() {
  backoff_.reset();
  taken_at_closing_ = {taken_before_, shared_.counters.dead_letters_taken.value()};
}

// Right after a connection was closed: a server that answers is there. What it has under that `_id`
// already is settled as after a duplicate key; what it hasn't, it closed the connection on. Of
// several documents only the answer counts.
BatchDelivery::ReadBack BatchDelivery::read_first_back(Kind kind, std::span<const Outgoing> sent) {
  fill_views(sent.first(1));
  const Result<std::vector<ByteBuffer>> found =
      session_.find_stored(target_of(kind, sent.front()), views_);
  if (!found.is_ok()) return ReadBack::kNoAnswer;
  return found.value().front().empty() ? ReadBack::kAbsent : ReadBack::kFound;
}

// What was taken meanwhile says that it is this one, and not all of them. A dead letter's payload
// goes nowhere else, so it is left out only while documents or dead letters are taken.
bool BatchDelivery::is_at_fault(Kind kind, const Outgoing& outgoing) const {
  const bool has_taken_documents =
      shared_.counters.documents_taken.value() > outgoing.taken_at_closing.documents;
  const bool has_taken_dead_letters =
      shared_.counters.dead_letters_taken.value() > outgoing.taken_at_closing.dead_letters;
  const bool is_closed_for_long = outgoing.closings >= kClosingsOfOneMax;
  if (kind == Kind::kDocument) return has_taken_documents || is_closed_for_long;
  return has_taken_dead_letters || (has_taken_documents && is_closed_for_long);
}

void BatchDelivery::give_up(Kind kind, Outgoing outgoing, std::vector<Outgoing>& again) {
  if (outgoing.closings == 0) outgoing.taken_at_closing = taken_at_closing_;
  outgoing.closings += kClosingsOfOne;
  if (!is_at_fault(kind, outgoing) || outgoing.is_without_payload) {
    again.push_back(outgoing);
  } else if (kind == Kind::kDocument) {
    dead_letter(outgoing, message::RejectionCode::kConnectionClosed,
                text("the database closed the connection ", outgoing.closings,
                     " times when it was sent this document alone, and answered otherwise"));
  } else {
    again.push_back(without_payload(outgoing));
  }
}

// Its payload is nowhere else, so that it is left out only once the journal's folder has it.
Outgoing BatchDelivery::without_payload(const Outgoing& dead_letter) {
  const ObjectId& id = batch_->records[dead_letter.record].id;
  const std::string path = shared_.kept_payloads.path(id);
  const Status kept = shared_.kept_payloads.keep(id, encoded_.payload(*batch_, dead_letter.record));
  if (kept.is_ok() || !is_keeping_told_) {
    shared_.logger.log(LogLevel::kError,
                       text("delivery: MongoDB closes the connection on the dead letter ", id.hex(),
                            kept.is_ok() ? "; it is sent without its payload, which is kept in "
                                         : "; it waits until its payload can be kept in ",
                            path, kept.is_ok() ? "" : ": ", kept.message()));
  }
  is_keeping_told_ = !kept.is_ok();
  if (!kept.is_ok()) return dead_letter;
  return encoded_.dead_letter_without_payload(
      *batch_, dead_letter.record,
      {message::RejectionCode::kConnectionClosed,
       text("the database closes the connection when it is sent this payload, in a dead letter "
            "too: the payload is left out, and kept at its gateway in ",
            path)});
}

}  // namespace mongo_store::delivery
