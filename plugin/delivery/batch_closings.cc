// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// The part of BatchDelivery for a server that closes the connection instead of answering, but
// answers other requests. It searches for the document that makes the server close the connection.
// See docs/decisions/0019.
#include <string>
#include <utility>

#include "base/text.h"
#include "delivery/batch_delivery.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kLogAgainMs = 60'000;

}  // namespace

void BatchDelivery::after_closing(Lane& lane, std::span<PendingDocument> run,
                                  const InsertOutcome& outcome, const Inserted& before) {
  const std::optional<bool> is_stored = is_first_stored(lane, run);
  if (!is_stored.has_value()) {
    after_failure(lane, run.size(), outcome);
    return;
  }
  const bool is_one = run.size() == 1;
  if (*is_stored && is_one) {  // read it back, as after a duplicate key
    lane_beside(lane, Lane::Call::kReadBack).push(std::move(run.front()));
    lane.finish(1);
    lane.clear_suspects(1);
    return;
  }
  const int closings = lane.count_closing();
  if (closings == 1) {
    lane.inserted_before_closing = before;
    lane.resume();
  }
  if (!is_one && closings >= kClosingsBeforeHalving) {
    log_closing(lane, run.size());
    lane.suspect(run.size());
    return;
  }
  if (is_one) {
    const int before_this = run.front().tries == nullptr ? 0 : run.front().tries->closings;
    if (before_this < kClosingsOfOneMax) shared_.counters.steps_to_verdicts.add();
  }
  lane.pause(now_ms());
  if (is_one && closings >= kClosingsOfOne) {
    PendingDocument document = std::move(run.front());
    lane.finish(1);
    lane.clear_suspects(1);
    judge_closed_on(lane, std::move(document));
  }
}

// Called right after a connection was closed. None: the server doesn't answer. If several documents
// were sent, the caller only needs to know that it answers.
std::optional<bool> BatchDelivery::is_first_stored(const Lane& lane,
                                                   std::span<const PendingDocument> run) {
  fill_views(run.first(1));
  const Result<std::vector<ByteBuffer>> found = session_.find_stored(lane.target(), views_);
  if (found.is_ok()) return !found.value().front().empty();
  if (found.code() == StatusCode::kRefuse) return false;  // this is an answer too
  return std::nullopt;
}

void BatchDelivery::judge_closed_on(Lane& lane, PendingDocument document) {
  Tries& tries = document.tried();
  if (tries.closings == 0) tries.inserted_before_closing = lane.inserted_before_closing;
  const Evidence evidence{now_ms(), inserted(), lane.inserted_before_closing};
  switch (judge_closings(lane.kind(), tries, evidence)) {
    case Verdict::kDeadLetter:
      make_dead_letter(document, message::RejectionCode::kConnectionClosed,
                       text("the database closed the connection ", tries.closings,
                            " times when it was sent only this document, but answered other "
                            "requests"));
      return;
    case Verdict::kBare:
      if (!document.encoded.is_without_payload) {
        make_bare(lane, std::move(document));
        return;
      }
      [[fallthrough]];
    default:
      lane.defer(std::move(document),
                 now_ms() + lane.pause_of_one_ms(tries.closings / kClosingsOfOne));
  }
}

// The dead letter has the only copy of its payload, which is therefore saved in the journal's
// folder before it is left out.
void BatchDelivery::make_bare(Lane& lane, PendingDocument document) {
  OpenBatch& batch = *document.batch;
  const ObjectId& id = document.record().id;
  const std::size_t record = document.encoded.record;
  const std::string path = shared_.kept_payloads.path(id);
  const Status kept = shared_.kept_payloads.keep(id, batch.encoded.payload(batch.read, record));
  if (kept.is_ok() || !is_keeping_failure_logged_) {
    shared_.logger.log(LogLevel::kError,
                       text("delivery: MongoDB closes the connection on dead letter ", id.hex(),
                            kept.is_ok() ? ": it is sent without its payload, which is saved in "
                                         : ": it waits until its payload can be saved in ",
                            path, kept.is_ok() ? "" : ": ", kept.message()));
  }
  is_keeping_failure_logged_ = !kept.is_ok();
  if (!kept.is_ok()) {
    const int rounds = document.tried().closings / kClosingsOfOne;
    lane.defer(std::move(document), now_ms() + lane.pause_of_one_ms(rounds));
    return;
  }
  PendingDocument bare{&batch, {}, false, nullptr};
  bare.encoded = batch.encoded.make_bare_dead_letter(
      batch.read, record,
      {message::RejectionCode::kConnectionClosed,
       text("the database also closes the connection when it is sent a dead letter with this "
            "payload: the payload is left out here, and saved on its gateway in ",
            path)});
  lane.push(std::move(bare));
}

// Either one of the documents causes it, or something between broker and database cuts connections.
void BatchDelivery::log_closing(const Lane& lane, std::size_t sent) {
  if (closing_logged_ms_ && now_ms() - *closing_logged_ms_ < kLogAgainMs) return;
  closing_logged_ms_ = now_ms();
  shared_.logger.log(
      LogLevel::kWarning,
      text("delivery: the connection was closed twice while ", sent, ' ', name_of(lane.kind()),
           " were being sent, but MongoDB answers other requests: a proxy cuts it, or MongoDB "
           "closes it on one of them; they are sent in smaller parts to find out"));
}

}  // namespace mongo_store::delivery
