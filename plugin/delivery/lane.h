// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/open_batch.h"
#include "delivery/sink.h"
#include "delivery/verdict.h"

namespace mongo_store::delivery {

// The documents that wait for one kind of call on one collection, in order, and the pace of those
// calls. Lanes pause independently: a collection that fails, throttles or refuses doesn't hold up
// other collections, and read-backs don't hold up inserts. Used by one delivery thread. Times are
// in milliseconds of the monotonic clock.
class Lane {
 public:
  enum class Call { kInsert, kReadBack };
  struct Limits {
    std::size_t documents_max = 1000;  // in one call
    std::size_t bytes_max = std::size_t{4} << 20;
  };
  static constexpr std::int64_t kNever = INT64_MAX;

  Lane(Call call, Kind kind, const Target& target, Limits limits, Backoff backoff);

  Call call() const { return call_; }
  Kind kind() const { return kind_; }
  Target target() const { return {database_, collection_}; }
  bool is_for(Call call, Kind kind, const Target& target) const;

  void push(PendingDocument document) { ready_.push_back(std::move(document)); }
  // Puts `documents` before all others, in their order, and empties it.
  void push_front(std::vector<PendingDocument>& documents);
  // Makes this document wait until that time; the others go on.
  void defer(PendingDocument document, std::int64_t due_ms);

  // The number of documents that aren't deferred.
  std::size_t ready() const { return ready_.size() - first_; }
  // When the next call is due; kNever: the lane is empty.
  std::int64_t due_ms() const;
  // The documents for the next call: at least one if due_ms() has been reached. Valid until the
  // lane changes.
  std::span<PendingDocument> next_run(std::int64_t now_ms);
  // Removes the first `count` documents of the run, which may have been moved from.
  void finish(std::size_t count);

  // A pause holds up the whole lane. Each pause is longer than the one before, until resume().
  void pause(std::int64_t now_ms, std::int64_t at_least_ms = 0);
  void resume() { backoff_.reset(); }
  // A stop is near: everything is due now, and later pauses are short.
  void hurry();
  // How long a document waits after this many tries.
  std::int64_t pause_of_one_ms(int tries) { return backoff_.after_ms(tries); }
  // Calls have at most documents_max documents from now on, because the last call had too many.
  void shrink(std::size_t documents_max, std::int64_t now_ms);
  // A whole call succeeded: the next one may have twice as many documents.
  void grow();
  // The same, but no sooner than ten minutes after the last shrink().
  void grow_slowly(std::int64_t now_ms);
  bool is_shrunk() const { return documents_max_ < limits_.documents_max; }

  // The search for a document that makes the server close the connection. It is one of the first
  // suspects_ documents of the lane.
  int count_closing() { return ++closings_; }
  void forget_closings() { closings_ = 0; }
  void suspect(std::size_t documents);
  void clear_suspects(std::size_t documents);
  bool has_suspects() const { return suspects_ > 0; }

  // Whether the lane has a document that was refused before.
  bool has_refused() const;
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::size_t i = first_; i < ready_.size(); ++i) visit(ready_[i]);
    for (Deferred& deferred : deferred_) visit(deferred.document);
  }

  Inserted inserted_before_closing;  // before the first of the latest consecutive closings
  std::int64_t throttled_ms = 0;     // when the target last throttled; 0: it doesn't
  bool is_refusal_logged = false;

 private:
  struct Deferred {
    PendingDocument document;
    std::int64_t due_ms = 0;
  };

  void end_deferrals(std::int64_t now_ms);
  std::size_t run_documents_max() const;

  const Call call_;
  const Kind kind_;
  const std::string database_;
  const std::string collection_;
  const Limits limits_;
  Backoff backoff_;
  std::vector<PendingDocument> ready_;  // valid from first_ on
  std::size_t first_ = 0;
  std::vector<Deferred> deferred_;
  std::int64_t deferral_ends_ms_ = kNever;  // the earliest
  std::int64_t paused_until_ms_ = 0;
  std::size_t documents_max_;  // in the next call
  std::int64_t shrunk_ms_ = 0;
  int closings_ = 0;  // consecutive
  std::size_t suspects_ = 0;
  bool is_hurried_ = false;
};

// All lanes of one delivery thread: one for each combination of call, kind and collection so far.
class Lanes {
 public:
  struct Settings {
    Lane::Limits limits;
    std::int64_t retry_min_ms = 100;
    std::int64_t retry_max_ms = 10'000;
    std::uint32_t seed = 1;
  };

  explicit Lanes(Settings settings) : settings_(settings) {}

  // Creates the lane if it doesn't exist. The reference is valid until clear().
  Lane& get(Lane::Call call, Kind kind, const Target& target);
  // When the next call of any lane is due; kNever: all are empty.
  std::int64_t due_ms() const;
  // The number of documents, in all lanes, that are due for an insert.
  std::size_t ready_to_insert() const;
  std::size_t count() const { return lanes_.size(); }
  Lane& at(std::size_t index) { return *lanes_[index]; }
  // Everything is due now, and pauses are short from now on. Later calls do nothing.
  void hurry();
  void clear() { lanes_.clear(); }

 private:
  const Settings settings_;
  bool is_hurried_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace mongo_store::delivery
