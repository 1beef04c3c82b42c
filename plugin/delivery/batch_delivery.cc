// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/batch_delivery.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kWaitMsMax = 1000;
// A target counts as throttled until this long after it last was.
constexpr std::int64_t kThrottlingEndsMs = 60'000;

}  // namespace

std::string_view name_of(Kind kind) {
  return kind == Kind::kDocument ? "documents" : "dead letters";
}

std::string refusal_sentence(std::int32_t code, std::string_view message) {
  return text("the database refused the document with code ", code, ": ", message);
}

BatchDelivery::BatchDelivery(Settings settings, SinkSession& session, SharedState& shared)
    : settings_(settings),
      session_(session),
      shared_(shared),
      batches_(shared.attempts, settings.slot, shared.dead_letter_log),
      lanes_(settings.lanes) {}

bool BatchDelivery::open_spare() {
  OpenBatch& batch = batches_.open_spare();
  compact(&batch);
  return encode(batch);
}

// Copies the documents that are still unsettled out of their batches: one document that waits for
// long mustn't hold the memory of a thousand.
void BatchDelivery::compact(const OpenBatch* without) {
  for (OpenBatch& batch : batches_.open()) {
    if (&batch == without || !batch.is_worth_compacting()) continue;
    std::vector<EncodedDocument*> unsettled;
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      lanes_.at(i).for_each([&](PendingDocument& document) {
        if (document.batch == &batch) unsettled.push_back(&document.encoded);
      });
    }
    batch.compact(unsettled);
  }
}

bool BatchDelivery::encode(OpenBatch& batch) {
  for (;;) {
    const Status encoded = batch.encoded.encode(batch.read);
    if (encoded.is_ok()) break;
    outage(Kind::kDocument)
        .begin(Status(encoded.code(),
                      text("the delivery context of segment ", batch.read.begin.segment,
                           " can't be read: ", encoded.message())));
    if (!shared_.stop.wait_ms(settings_.lanes.retry_max_ms)) return false;
  }
  const auto push_all = [&](Kind kind, const std::vector<EncodedDocument>& documents) {
    Lane* lane = nullptr;  // of the previous document's route, which is usually the same
    std::uint16_t route = 0;
    for (const EncodedDocument& encoded : documents) {
      PendingDocument document{&batch, encoded, false, nullptr};
      if (lane == nullptr || encoded.route != route) {
        lane = &lanes_.get(Lane::Call::kInsert, kind, target_of(document, kind));
        route = encoded.route;
      }
      lane->push(std::move(document));
    }
  };
  push_all(Kind::kDocument, batch.encoded.documents());
  push_all(Kind::kDeadLetter, batch.encoded.dead_letters());
  return true;
}

bool BatchDelivery::has_room() {
  if (is_within_bounds()) return true;
  compact(nullptr);
  return is_within_bounds();
}

bool BatchDelivery::is_within_bounds() const {
  return lanes_.ready_to_insert() < kReadyMax && batches_.unsettled() < kUnsettledMax &&
         batches_.bytes() < kOpenBytesMax;
}

std::int64_t BatchDelivery::wait_ms() const {
  const std::int64_t due_ms = lanes_.due_ms();
  if (due_ms == Lane::kNever) return kWaitMsMax;
  return std::clamp<std::int64_t>(due_ms - now_ms(), 0, kWaitMsMax);
}

bool BatchDelivery::begin_again() {
  lanes_.clear();
  again_.clear();
  batches_.unsettle_all();
  shared_.throttling.end();  // the lane that would have ended it is gone
  for (OpenBatch& batch : batches_.open()) {
    if (!encode(batch)) return false;
  }
  return true;
}

void BatchDelivery::work() {
  for (std::size_t i = 0; i < lanes_.count(); ++i) {  // a call may add lanes
    Lane& lane = lanes_.at(i);
    if (shared_.stop.is_raised()) return;
    if (lane.due_ms() > now_ms()) continue;
    lane.call() == Lane::Call::kInsert ? insert(lane) : read_back(lane);
  }
}

void BatchDelivery::insert(Lane& lane) {
  const std::span<PendingDocument> run = lane.next_run(now_ms());
  fill_views(run);
  const Inserted before = inserted();
  shared_.counters.batches_sent.add();
  InsertOutcome outcome = session_.insert(lane.target(), views_);
  if (outcome.status.is_ok()) {
    judge_answer(lane, run, outcome, before);
    return;
  }
  shared_.counters.batches_failed.add();
  if (outcome.is_connection_closed) {
    after_closing(lane, run, outcome, before);
  } else {
    after_failure(lane, run.size(), outcome);
  }
}

void BatchDelivery::judge_answer(Lane& lane, std::span<PendingDocument> run, InsertOutcome& outcome,
                                 const Inserted& before) {
  const bool is_document = lane.kind() == Kind::kDocument;
  const std::size_t sent = run.size();
  const std::size_t stored = sent - outcome.refusals.size();
  if (stored > 0) {
    DeliveryCounters& counters = shared_.counters;
    (is_document ? counters.documents_taken : counters.dead_letters_taken).add(stored);
    lane.resume();
    outage(lane.kind()).end();
  }
  const Evidence evidence{now_ms(), inserted(), before};
  std::ranges::sort(outcome.refusals, {}, &Refusal::index);
  const Refusal* waits = nullptr;  // the first refusal with this verdict
  std::size_t waiting = 0;
  std::size_t throttled = 0;
  auto refusal = outcome.refusals.begin();
  for (std::size_t i = 0; i < sent; ++i) {
    if (refusal == outcome.refusals.end() || refusal->index != i) {
      settle(run[i], is_document ? &journal::SettledCounts::stored
                                 : &journal::SettledCounts::dead_lettered);
      continue;
    }
    const Verdict verdict = judge(lane, run[i], *refusal, evidence);
    if (verdict == Verdict::kWait && waiting++ == 0) waits = &*refusal;
    if (verdict == Verdict::kWhenAsked) ++throttled;
    ++refusal;
  }
  lane.finish(sent);
  lane.push_front(again_);
  lane.clear_suspects(sent);
  throttled > 0 ? after_throttling(lane, stored, outcome) : after_passing(lane);
  if (waits != nullptr) log_refused(lane, waiting, sent, waits->code, waits->message);
  log_refused_settled(lane);
}

// Acts on the verdict, and returns it.
Verdict BatchDelivery::judge(Lane& lane, PendingDocument& document, const Refusal& refusal,
                             const Evidence& evidence) {
  Tries& tries = document.tried();
  const Verdict verdict = judge_refusal(lane.kind(), refusal, tries, evidence);
  switch (verdict) {
    case Verdict::kReadBack:
      tries.is_index_named = refusal.is_index_named;
      tries.is_duplicate_on_id = refusal.is_on_id;
      tries.duplicate_code = refusal.code;
      tries.duplicate_message = refusal.message;
      lane_beside(lane, Lane::Call::kReadBack).push(std::move(document));
      break;
    case Verdict::kWhenAsked: again_.push_back(std::move(document)); break;
    case Verdict::kWait:
      if (lane.kind() == Kind::kDocument && is_step_to_verdict(tries, evidence.now_ms)) {
        shared_.counters.steps_to_verdicts.add();
      }
      document.is_alone = false;
      lane.defer(std::move(document), evidence.now_ms + lane.pause_of_one_ms(tries.refusals - 1));
      break;
    case Verdict::kDeadLetter:
    case Verdict::kBare:
      make_dead_letter(document, message::RejectionCode::kDatabaseRefused,
                       refusal_sentence(refusal.code, refusal.message));
      break;
  }
  return verdict;
}

void BatchDelivery::settle(PendingDocument& document,
                           std::uint64_t journal::SettledCounts::*count) {
  batches_.settle(*document.batch, count);
}

void BatchDelivery::make_dead_letter(PendingDocument& document, message::RejectionCode code,
                                     std::string sentence) {
  OpenBatch& batch = *document.batch;
  PendingDocument letter{&batch, {}, false, nullptr};
  letter.encoded = batch.encoded.make_dead_letter(batch.read, document.encoded.record,
                                                  {code, std::move(sentence)});
  Lane& lane =
      lanes_.get(Lane::Call::kInsert, Kind::kDeadLetter, target_of(letter, Kind::kDeadLetter));
  lane.push(std::move(letter));
}

void BatchDelivery::after_failure(Lane& lane, std::size_t sent, const InsertOutcome& outcome) {
  lane.forget_closings();
  if (outcome.is_throttled) {
    after_throttling(lane, sent / 2, outcome);
    return;
  }
  outage(lane.kind()).begin(outcome.status);
  lane.pause(now_ms());
}

// As long as the database accepts some of the documents, the pauses don't grow.
void BatchDelivery::after_throttling(Lane& lane, std::size_t passed, const InsertOutcome& outcome) {
  shared_.counters.inserts_throttled.add();
  std::string why = outcome.status.message();
  const auto is_throttled = [](const Refusal& refusal) {
    return refusal.kind == RefusalKind::kLater;
  };
  const auto refusal = std::ranges::find_if(outcome.refusals, is_throttled);
  if (refusal != outcome.refusals.end()) {
    why = text(refusal->message, " (code ", refusal->code, ')');
  }
  shared_.throttling.begin(Status::retry(std::move(why)));
  lane.throttled_ms = now_ms();
  lane.shrink(passed, now_ms());
  lane.pause(now_ms(), outcome.retry_after_ms);
}

void BatchDelivery::after_passing(Lane& lane) {
  lane.grow();
  if (lane.throttled_ms == 0 || lane.is_shrunk()) return;
  if (now_ms() - lane.throttled_ms < kThrottlingEndsMs) return;
  lane.throttled_ms = 0;
  shared_.throttling.end();
}

Lane& BatchDelivery::lane_beside(const Lane& lane, Lane::Call call) {
  return lanes_.get(call, lane.kind(), lane.target());
}

Target BatchDelivery::target_of(const PendingDocument& document, Kind kind) const {
  const message::Route& route = document.batch->encoded.context().routes[document.encoded.route];
  return {route.database,
          kind == Kind::kDocument ? route.collection : route.dead_letter_collection};
}

void BatchDelivery::fill_views(std::span<const PendingDocument> run) {
  views_.clear();
  for (const PendingDocument& document : run) views_.push_back(document.bytes());
}

Inserted BatchDelivery::inserted() const {
  return {shared_.counters.documents_taken.value(), shared_.counters.dead_letters_taken.value()};
}

Outage& BatchDelivery::outage(Kind kind) {
  return kind == Kind::kDocument ? shared_.documents_outage : shared_.dead_letters_outage;
}

// This isn't an Outage, because other documents may be stored meanwhile.
void BatchDelivery::log_refused(Lane& lane, std::size_t waiting, std::size_t sent,
                                std::int32_t code, std::string_view message) {
  if (lane.is_refusal_logged) return;
  lane.is_refusal_logged = true;
  shared_.logger.log(lane.kind() == Kind::kDocument ? LogLevel::kWarning : LogLevel::kError,
                     text("delivery: MongoDB refuses ", waiting, " of ", sent, ' ',
                          name_of(lane.kind()), " (code ", code, "): ", message,
                          "; they stay in the journal and are sent again until they are settled"));
}

void BatchDelivery::log_refused_settled(Lane& lane) {
  if (!lane.is_refusal_logged || lane.has_refused()) return;
  if (lane_beside(lane, Lane::Call::kReadBack).has_refused()) return;
  lane.is_refusal_logged = false;
  shared_.logger.log(LogLevel::kNotice,
                     text("delivery: the refused ", name_of(lane.kind()), " are settled"));
}

}  // namespace mongo_store::delivery
