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

// The documents that wait for one kind of call on one collection, in order, and the pace at which
// that collection accepts calls. Each lane pauses for itself: a collection that fails, throttles or
// refuses holds up no other one, and a read-back holds up no insert. One delivery thread's.
class Lane {
 public:
  enum class Call { kInsert, kReadBack };
  struct Limits {
    std::size_t documents_max = 1000;  // of one call
    std::size_t bytes_max = std::size_t{4} << 20;
  };
  static constexpr std::int64_t kNever = INT64_MAX;

  Lane(Call call, Kind kind, const Target& target, Limits limits, Backoff backoff);

  Call call() const { return call_; }
  Kind kind() const { return kind_; }
  Target target() const { return {database_, collection_}; }
  bool is_for(Call call, Kind kind, const Target& target) const;

  void push(PendingDocument document) { ready_.push_back(std::move(document)); }
  // Before all others, in the order given.
  void push_front(std::vector<PendingDocument>& documents);
  // Not before that time; the others go on.
  void defer(PendingDocument document, std::int64_t due_ms);

  // Documents that wait for their turn only, not for a time of their own.
  std::size_t ready() const { return ready_.size() - first_; }
  // When there is something to do next; kNever: nothing waits.
  std::int64_t due_ms() const;
  // The documents that the next call may hold; at least one document where due_ms() is reached.
  // Valid until the lane is changed.
  std::span<PendingDocument> next_run(std::int64_t now_ms);
  // The first `count` of the run are out of the lane: moved from.
  void finish(std::size_t count);

  // The pace. A pause holds up the whole lane; each is longer than the last one until resume().
  void pause(std::int64_t now_ms, std::int64_t at_least_ms = 0);
  void resume() { backoff_.reset(); }
  // A stop is near: everything is due now.
  void hurry();
  // How long one document waits before its next try.
  std::int64_t pause_of_one_ms(int tries) { return backoff_.after_ms(tries); }
  // A call of so many documents was too much; so many may pass.
  void shrink(std::size_t documents_max, std::int64_t now_ms);
  // A whole call passed: twice as many may.
  void grow();
  // The same, but no sooner than ten minutes after the last shrink().
  void grow_slowly(std::int64_t now_ms);
  bool is_shrunk() const { return documents_max_ < limits_.documents_max; }

  // The search for the document that the server closes the connection on: one of the first
  // `suspects` of the lane is it.
  int count_closing() { return ++closings_; }
  void forget_closings() { closings_ = 0; }
  void suspect(std::size_t documents);
  void clear_suspects(std::size_t documents);
  bool has_suspects() const { return suspects_ > 0; }

  // Whether a document in it was refused before.
  bool has_refused() const;
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::size_t i = first_; i < ready_.size(); ++i) visit(ready_[i]);
    for (Deferred& deferred : deferred_) visit(deferred.document);
  }

  Inserted inserted_before_closing;  // before the first of the last closings
  std::int64_t throttled_ms = 0;     // when it last was
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
  std::vector<PendingDocument> ready_;  // from first_ on
  std::size_t first_ = 0;
  std::vector<Deferred> deferred_;
  std::int64_t deferral_ends_ms_ = kNever;  // the first
  std::int64_t paused_until_ms_ = 0;
  std::size_t documents_max_;  // of the next call
  std::int64_t shrunk_ms_ = 0;
  int closings_ = 0;  // one after the other
  std::size_t suspects_ = 0;
  bool is_hurried_ = false;
};

// All lanes of one delivery thread: one for each call, kind and collection that it has met.
class Lanes {
 public:
  struct Settings {
    Lane::Limits limits;
    std::int64_t retry_min_ms = 100;
    std::int64_t retry_max_ms = 10'000;
    std::uint32_t seed = 1;
  };

  explicit Lanes(Settings settings) : settings_(settings) {}

  // Makes it where there is none yet. Lanes stay where they are until clear().
  Lane& get(Lane::Call call, Kind kind, const Target& target);
  // kNever: nothing waits in any of them.
  std::int64_t due_ms() const;
  // Documents of all lanes that wait for their first insert, or for that of the others.
  std::size_t ready_to_insert() const;
  std::size_t count() const { return lanes_.size(); }
  Lane& at(std::size_t index) { return *lanes_[index]; }
  // Once: everything is due now, and pauses are short from now on.
  void hurry();
  void clear() { lanes_.clear(); }

 private:
  const Settings settings_;
  bool is_hurried_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace mongo_store::delivery
