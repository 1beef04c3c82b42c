// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/batch_delivery.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "message/document_bytes.h"
#include "message/resend.h"

namespace mongo_store::delivery {
namespace {

// A document that is refused for a reason that may pass becomes a dead letter after so many times
// and so long, if the database took others meanwhile. So many tries alone are over in a second or
// two, and what passes may last longer.
constexpr int kUnclearRefusalsMax = 5;
constexpr std::int64_t kUnclearMsMin = 60'000;

bool is_equal(ByteView one, ByteView other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

std::string_view name_of(bool is_document) { return is_document ? "documents" : "dead letters"; }

std::string refusal_sentence(const Refusal& refusal) {
  return text("the database refused it with code ", refusal.code, ": ", refusal.message);
}

}  // namespace

BatchDelivery::BatchDelivery(Settings settings, SinkSession& session, Shared& shared)
    : settings_(settings),
      session_(session),
      shared_(shared),
      backoff_(settings.retry_min_ms, settings.retry_max_ms, settings.seed),
      encoded_(shared.attempts, settings.slot) {}

bool BatchDelivery::deliver(const journal::ReadBatch& batch, journal::SettledCounts& counts) {
  batch_ = &batch;
  counts_ = {};
  is_refusal_told_ = false;
  is_closing_told_ = false;
  is_keeping_told_ = false;
  counts_.damaged = batch.damaged;
  if (!encode(batch) || !send_all(Kind::kDocument) || !send_all(Kind::kDeadLetter)) return false;
  counts = counts_;
  return true;
}

bool BatchDelivery::encode(const journal::ReadBatch& batch) {
  for (;;) {
    const Status encoded = encoded_.encode(batch);
    if (encoded.is_ok()) return true;
    const Status why(encoded.code(), text("the delivery context of segment ", batch.begin.segment,
                                          " can't be read: ", encoded.message()));
    if (!wait_after(Kind::kDocument, why)) return false;
  }
}

bool BatchDelivery::send_all(Kind kind) {
  std::vector<Outgoing> waiting;
  waiting.swap(kind == Kind::kDocument ? encoded_.documents() : encoded_.dead_letters());
  while (!waiting.empty()) {
    if (!send_first(kind, waiting)) return false;
  }
  tell_refused_settled(kind);
  return true;
}

// Sends the first of what waits, as many as one command may hold, and leaves those that must be
// sent again at the end.
bool BatchDelivery::send_first(Kind kind, std::vector<Outgoing>& waiting) {
  const std::size_t count = first_run(kind, waiting);
  const std::span<const Outgoing> sent(waiting.data(), count);
  std::vector<Outgoing> again;
  if (!send_run(kind, sent, again)) return false;
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
  waiting.insert(waiting.end(), again.begin(), again.end());
  if (again.empty()) return true;
  return shared_.stop.wait_ms(backoff_.next_ms());
}

bool BatchDelivery::send_run(Kind kind, std::span<const Outgoing> sent,
                             std::vector<Outgoing>& again) {
  std::vector<Refusal> refusals;
  const Sent ended = insert(kind, sent, refusals);
  if (ended == Sent::kClosedOn) return send_halves(kind, sent, again);
  const std::size_t before = again.size();
  if (ended == Sent::kStopped || !resolve(kind, sent, refusals, again)) return false;
  const std::size_t refused = again.size() - before;
  if (refused > 0 && !refusals.empty()) tell_refused(kind, refused, sent.size(), refusals.front());
  return true;
}

bool BatchDelivery::find_stored(Kind kind, std::span<const Outgoing> sent,
                                std::vector<ByteBuffer>& stored) {
  for (;;) {
    fill_views(sent);
    Result<std::vector<ByteBuffer>> found =
        session_.find_stored(target_of(kind, sent.front()), views_);
    if (found.is_ok()) {
      stored = std::move(found).value();
      return true;
    }
    if (!wait_after(kind, found.status())) return false;
  }
}

bool BatchDelivery::resolve(Kind kind, std::span<const Outgoing> sent,
                            std::span<const Refusal> refusals, std::vector<Outgoing>& again) {
  std::vector<Outgoing> duplicates;
  for (const Refusal& refusal : refusals) {
    if (refusal.kind == RefusalKind::kDuplicateKey) {
      duplicates.push_back(sent[refusal.index]);
    } else {
      refuse(kind, sent[refusal.index], refusal, again);
    }
  }
  return duplicates.empty() || resolve_duplicates(kind, duplicates, again);
}

// A duplicate key says only that some key is there already: our own document after a lost answer,
// somebody else's under the same `_id`, or another unique index. Reading it back tells which.
bool BatchDelivery::resolve_duplicates(Kind kind, std::span<const Outgoing> duplicates,
                                       std::vector<Outgoing>& again) {
  std::vector<ByteBuffer> stored;
  if (!find_stored(kind, duplicates, stored)) return false;
  for (std::size_t i = 0; i < duplicates.size(); ++i) {
    if (!stored[i].empty()) {
      settle_found(kind, duplicates[i], stored[i]);
    } else if (!send_alone(kind, duplicates[i], again)) {
      return false;
    }
  }
  return true;
}

void BatchDelivery::settle_found(Kind kind, const Outgoing& outgoing, ByteView stored) {
  const ByteView document = encoded_.view(outgoing);
  const bool is_stored = is_equal(stored, document);
  if (kind == Kind::kDeadLetter || (is_stored && !outgoing.is_repeated)) {
    shared_.counters.already_stored.add();
    count_settled(kind, 1);
  } else if (is_stored ||
             message::is_resend(document, stored, batch_->records[outgoing.record].id)) {
    settle_duplicate();
  } else {
    shared_.counters.id_conflicts.add();
    dead_letter(outgoing, message::RejectionCode::kIdConflict,
                text("a document with its _id, ", message::id_of_document(document).hex(),
                     ", and other content is stored already"));
  }
}

bool BatchDelivery::send_alone(Kind kind, const Outgoing& outgoing, std::vector<Outgoing>& again) {
  std::vector<Refusal> refusals;
  const Sent ended = insert(kind, {&outgoing, 1}, refusals);
  if (ended == Sent::kStopped) return false;
  if (ended == Sent::kClosedOn) return send_halves(kind, {&outgoing, 1}, again);
  if (refusals.empty()) return true;
  if (refusals.front().kind == RefusalKind::kDuplicateKey) {
    return resolve_alone(kind, outgoing, refusals.front(), again);
  }
  refuse(kind, outgoing, refusals.front(), again);
  return true;
}

// Once more read back: the insert before this one may have stored it, and its answer been lost; or
// it was stored before, and only now by a majority. Where the key is the `_id` and still nobody has
// it, what is there isn't confirmed yet, or is being rolled back: sent again, but not for ever, as
// a shard may hold an orphan that no reader sees.
bool BatchDelivery::resolve_alone(Kind kind, const Outgoing& outgoing, const Refusal& refusal,
                                  std::vector<Outgoing>& again) {
  std::vector<ByteBuffer> stored;
  if (!find_stored(kind, {&outgoing, 1}, stored)) return false;
  if (!stored.front().empty()) {
    settle_found(kind, outgoing, stored.front());
    return true;
  }
  Outgoing refused = outgoing;
  const bool may_pass = refusal.is_on_id && ++refused.unconfirmed < kUnclearRefusalsMax;
  if (kind == Kind::kDocument && !may_pass) {
    dead_letter(outgoing, message::RejectionCode::kUniqueIndex, refusal_sentence(refusal));
  } else {
    again.push_back(refused);
  }
  return true;
}

void BatchDelivery::refuse(Kind kind, Outgoing outgoing, const Refusal& refusal,
                           std::vector<Outgoing>& again) {
  if (kind == Kind::kDocument && is_final(outgoing, refusal)) {
    dead_letter(outgoing, message::RejectionCode::kDatabaseRefused, refusal_sentence(refusal));
  } else {
    again.push_back(outgoing);
  }
}

// Only documents that were inserted say that the database takes documents: what it was found to
// have already, and dead letters, don't.
bool BatchDelivery::is_final(Outgoing& outgoing, const Refusal& refusal) const {
  if (refusal.kind == RefusalKind::kDocumentAtFault) return true;
  const std::int64_t now_ms = shared_.clock.monotonic_ms();
  if (outgoing.refusals++ == 0) {
    outgoing.refused_ms = now_ms;
    outgoing.taken_at_refusal = taken_before_;
  }
  const bool is_refused_for_long = now_ms - outgoing.refused_ms >= kUnclearMsMin;
  if (!is_refused_for_long) shared_.counters.steps_to_verdicts.add();
  return is_refused_for_long && outgoing.refusals >= kUnclearRefusalsMax &&
         shared_.counters.documents_taken.value() > outgoing.taken_at_refusal;
}

void BatchDelivery::dead_letter(const Outgoing& outgoing, message::RejectionCode code,
                                std::string sentence) {
  encoded_.add_dead_letter(*batch_, outgoing.record, {code, std::move(sentence)});
}

void BatchDelivery::take(Kind kind, std::size_t count) {
  if (count == 0) return;
  DeliveryCounters& counters = shared_.counters;
  (kind == Kind::kDocument ? counters.documents_taken : counters.dead_letters_taken).add(count);
  count_settled(kind, count);
}

void BatchDelivery::count_settled(Kind kind, std::size_t count) {
  (kind == Kind::kDocument ? counts_.stored : counts_.dead_lettered) += count;
  backoff_.reset();
  outage(kind).end();
}

void BatchDelivery::settle_duplicate() {
  ++counts_.duplicates;
  backoff_.reset();
  outage(Kind::kDocument).end();
}

bool BatchDelivery::wait_after(Kind kind, const Status& why) {
  outage(kind).begin(why);
  return shared_.stop.wait_ms(backoff_.next_ms());
}

// Told once a batch: other threads may well have theirs taken meanwhile, so it is no outage.
void BatchDelivery::tell_refused(Kind kind, std::size_t refused, std::size_t sent,
                                 const Refusal& refusal) {
  if (is_refusal_told_) return;
  is_refusal_told_ = true;
  const bool is_document = kind == Kind::kDocument;
  shared_.logger.log(
      is_document ? LogLevel::kWarning : LogLevel::kError,
      text("delivery: MongoDB refuses ", refused, " of ", sent, ' ', name_of(is_document),
           " with code ", refusal.code, ": ", refusal.message,
           "; sent again until they are settled, and kept in the journal until then"));
}

void BatchDelivery::tell_refused_settled(Kind kind) {
  if (!is_refusal_told_) return;
  is_refusal_told_ = false;
  shared_.logger.log(LogLevel::kNotice, text("delivery: the refused ",
                                             name_of(kind == Kind::kDocument), " are settled"));
}

void BatchDelivery::tell_closed(Kind kind, std::size_t sent) {
  if (is_closing_told_) return;
  is_closing_told_ = true;
  shared_.logger.log(LogLevel::kWarning,
                     text("delivery: MongoDB closes the connection on ", sent, ' ',
                          name_of(kind == Kind::kDocument),
                          ", and answers otherwise; they are sent in smaller and smaller parts, to "
                          "find the one that it is"));
}

std::size_t BatchDelivery::first_run(Kind kind, const std::vector<Outgoing>& waiting) const {
  const Target target = target_of(kind, waiting.front());
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const Outgoing& outgoing : waiting) {
    bytes += outgoing.bytes;
    if (count > 0 && (count == settings_.documents_max || bytes > settings_.bytes_max ||
                      !(target_of(kind, outgoing) == target))) {
      break;
    }
    ++count;
  }
  return count;
}

Target BatchDelivery::target_of(Kind kind, const Outgoing& outgoing) const {
  const message::Route& route = encoded_.context().routes[outgoing.route];
  return {route.database,
          kind == Kind::kDocument ? route.collection : route.dead_letter_collection};
}

void BatchDelivery::fill_views(std::span<const Outgoing> sent) {
  views_.clear();
  for (const Outgoing& outgoing : sent) views_.push_back(encoded_.view(outgoing));
}

Outage& BatchDelivery::outage(Kind kind) {
  return kind == Kind::kDocument ? shared_.documents_outage : shared_.dead_letters_outage;
}

}  // namespace mongo_store::delivery
