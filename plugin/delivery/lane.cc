// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/lane.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kGrowAgainMs = 600'000;

}  // namespace

Lane::Lane(Call call, Kind kind, const Target& target, Limits limits, Backoff backoff)
    : call_(call),
      kind_(kind),
      database_(target.database),
      collection_(target.collection),
      limits_(limits),
      backoff_(std::move(backoff)),
      documents_max_(limits.documents_max) {}

bool Lane::is_for(Call call, Kind kind, const Target& target) const {
  return call == call_ && kind == kind_ && target == this->target();
}

void Lane::push_front(std::vector<PendingDocument>& documents) {
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  ready_.insert(ready_.begin(), std::make_move_iterator(documents.begin()),
                std::make_move_iterator(documents.end()));
  documents.clear();
}

void Lane::defer(PendingDocument document, std::int64_t due_ms) {
  deferred_.push_back({std::move(document), due_ms});
  deferral_ends_ms_ = std::min(deferral_ends_ms_, due_ms);
}

std::int64_t Lane::due_ms() const {
  if (first_ < ready_.size()) return paused_until_ms_;
  return deferred_.empty() ? kNever : std::max(deferral_ends_ms_, paused_until_ms_);
}

void Lane::end_deferrals(std::int64_t now_ms) {
  if (now_ms < deferral_ends_ms_) return;
  const auto is_waiting = [now_ms](const Deferred& deferred) { return deferred.due_ms > now_ms; };
  const auto due = std::stable_partition(deferred_.begin(), deferred_.end(), is_waiting);
  for (auto at = due; at != deferred_.end(); ++at) ready_.push_back(std::move(at->document));
  deferred_.erase(due, deferred_.end());
  deferral_ends_ms_ = kNever;
  for (const Deferred& deferred : deferred_) {
    deferral_ends_ms_ = std::min(deferral_ends_ms_, deferred.due_ms);
  }
}

std::span<PendingDocument> Lane::next_run(std::int64_t now_ms) {
  end_deferrals(now_ms);
  const std::span<PendingDocument> waiting = std::span(ready_).subspan(first_);
  const std::size_t documents_max = run_documents_max();
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const PendingDocument& document : waiting) {
    bytes += document.encoded.bytes;
    const bool is_full = count == documents_max || bytes > limits_.bytes_max;
    if (count > 0 && (is_full || document.is_alone)) break;
    ++count;
    if (document.is_alone) break;
  }
  return waiting.first(count);
}

std::size_t Lane::run_documents_max() const {
  return suspects_ == 0 ? documents_max_
                        : std::clamp<std::size_t>(suspects_ / 2, 1, documents_max_);
}

void Lane::finish(std::size_t count) {
  first_ += count;
  if (first_ < ready_.size()) return;
  ready_.clear();
  first_ = 0;
}

void Lane::pause(std::int64_t now_ms, std::int64_t at_least_ms) {
  const std::int64_t pause_ms = std::max(backoff_.next_ms(), at_least_ms);
  paused_until_ms_ =
      now_ms + (is_hurried_ ? std::min(pause_ms, StopSignal::kHurriedPauseMs) : pause_ms);
}

void Lane::hurry() {
  is_hurried_ = true;
  paused_until_ms_ = 0;
  deferral_ends_ms_ = deferred_.empty() ? kNever : 0;
  for (Deferred& deferred : deferred_) deferred.due_ms = 0;
  backoff_.hurry();
}

void Lane::shrink(std::size_t documents_max, std::int64_t now_ms) {
  shrunk_ms_ = now_ms;
  documents_max_ = std::clamp<std::size_t>(documents_max, 1, documents_max_);
}

void Lane::grow() { documents_max_ = std::min(documents_max_ * 2, limits_.documents_max); }

void Lane::grow_slowly(std::int64_t now_ms) {
  if (now_ms - shrunk_ms_ >= kGrowAgainMs) grow();
}

void Lane::suspect(std::size_t documents) {
  suspects_ = documents;
  closings_ = 0;
  backoff_.reset();
}

void Lane::clear_suspects(std::size_t documents) {
  suspects_ -= std::min(documents, suspects_);
  closings_ = 0;
}

bool Lane::has_refused() const {
  const auto is_refused = [](const PendingDocument& document) {
    const Tries* tries = document.tries.get();
    return tries != nullptr && (tries->refusals > 0 || tries->unconfirmed > 0);
  };
  const auto is_deferred = [&](const Deferred& deferred) { return is_refused(deferred.document); };
  return std::any_of(ready_.begin() + static_cast<std::ptrdiff_t>(first_), ready_.end(),
                     is_refused) ||
         std::ranges::any_of(deferred_, is_deferred);
}

Lane& Lanes::get(Lane::Call call, Kind kind, const Target& target) {
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    if (lane->is_for(call, kind, target)) return *lane;
  }
  const auto seed = settings_.seed + static_cast<std::uint32_t>(lanes_.size());
  lanes_.push_back(
      std::make_unique<Lane>(call, kind, target, settings_.limits,
                             Backoff(settings_.retry_min_ms, settings_.retry_max_ms, seed)));
  if (is_hurried_) lanes_.back()->hurry();
  return *lanes_.back();
}

std::int64_t Lanes::due_ms() const {
  std::int64_t due_ms = Lane::kNever;
  for (const std::unique_ptr<Lane>& lane : lanes_) due_ms = std::min(due_ms, lane->due_ms());
  return due_ms;
}

std::size_t Lanes::ready_to_insert() const {
  std::size_t ready = 0;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    if (lane->call() == Lane::Call::kInsert) ready += lane->ready();
  }
  return ready;
}

void Lanes::hurry() {
  if (is_hurried_) return;
  is_hurried_ = true;
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->hurry();
}

}  // namespace mongo_store::delivery
