// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "delivery/sink.h"

namespace mongo_store::test {

// The `_id` of a document that begins with an ObjectId: a length, the type, "_id", 12 bytes.
inline ObjectId id_of_document(ByteView document) {
  constexpr std::size_t kIdOffset = 4 + 1 + sizeof("_id");
  ObjectId id;
  if (document.size() < kIdOffset + ObjectId::kBytes) return id;
  std::copy_n(document.begin() + kIdOffset, ObjectId::kBytes, id.bytes.begin());
  return id;
}

// A database in memory that does what a test tells it to. It keeps documents by `_id` for each
// collection, and refuses an `_id` that it has. Any thread; outlives its sessions.
class FakeSink final : public delivery::Sink {
 public:
  using Documents = std::map<ObjectId, ByteBuffer>;

  struct Call {
    std::string collection;
    std::vector<ObjectId> ids;
    std::size_t bytes = 0;
  };
  static constexpr int kForEver = 1'000'000'000;

  // The next insert that isn't told already fails whole: nothing is stored.
  void fail_next(Status why) { tell_next({std::move(why), false}); }
  // The next insert closes the connection.
  void close_next() { tell_next({Status::retry("connection closed"), false, true}); }
  // Whatever that document is in closes the connection from now on, so many times.
  void close_on(const std::string& collection, const ObjectId& id, int times = kForEver) {
    const std::lock_guard<std::mutex> lock(mutex_);
    closings_[{collection, id}] = times;
  }
  // Finds fail from now on, until ok is given.
  void fail_finds(Status why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    finds_ = std::move(why);
  }
  // ... stores what it can, and its answer is lost.
  void lose_next(Status why) { tell_next({std::move(why), true}); }
  // ... is as any other.
  void take_next() { tell_next({}); }
  void fail_next_find(Status why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    find_failures_.push_back(std::move(why));
  }
  // From now on each insert fails whole, until ok is given.
  void fail_always(Status why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    always_ = std::move(why);
  }
  // That document is refused so many times. kDuplicateKey without a stored one: a unique index.
  void refuse(const std::string& collection, const ObjectId& id, delivery::RefusalKind kind,
              std::int32_t code, int times = kForEver) {
    const std::lock_guard<std::mutex> lock(mutex_);
    rules_[{collection, id}] = {kind, code, times, false};
  }
  // ... as one whose `_id` somebody has, though no majority.
  void refuse_id(const std::string& collection, const ObjectId& id, int times = kForEver) {
    const std::lock_guard<std::mutex> lock(mutex_);
    rules_[{collection, id}] = {delivery::RefusalKind::kDuplicateKey, 11000, times, true};
  }
  void put(const std::string& collection, const ObjectId& id, ByteBuffer document) {
    const std::lock_guard<std::mutex> lock(mutex_);
    stored_[collection][id] = std::move(document);
  }
  // Inserts wait from now on, as in a server that hangs, until release().
  void hang() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_hanging_ = true;
  }
  void release() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_hanging_ = false;
    released_.notify_all();
  }
  // Called at the beginning of each insert, on its thread; may throw. Set before any thread
  // inserts.
  void set_before_insert(std::function<void(const Call&)> hook) {
    before_insert_ = std::move(hook);
  }

  Documents documents(const std::string& collection) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = stored_.find(collection);
    return found == stored_.end() ? Documents() : found->second;
  }
  std::vector<Call> calls() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_;
  }
  std::size_t hanging() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return hanging_;
  }

  std::unique_ptr<delivery::SinkSession> open_session() override {
    return std::make_unique<Session>(*this);
  }

 private:
  struct Answer {
    Status status;  // ok: as the documents are
    bool is_stored = true;
    bool is_connection_closed = false;
  };
  struct Rule {
    delivery::RefusalKind kind = delivery::RefusalKind::kUnclear;
    std::int32_t code = 0;
    int times = 0;
    bool is_on_id = false;
  };

  class Session final : public delivery::SinkSession {
   public:
    explicit Session(FakeSink& sink) : sink_(sink) {}
    delivery::InsertOutcome insert(const delivery::Target& target,
                                   std::span<const ByteView> documents) override {
      return sink_.insert(std::string(target.collection), documents);
    }
    Result<std::vector<ByteBuffer>> find_stored(const delivery::Target& target,
                                                std::span<const ByteView> documents) override {
      return sink_.find_stored(std::string(target.collection), documents);
    }

   private:
    FakeSink& sink_;
  };

  void tell_next(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
  }

  delivery::InsertOutcome insert(const std::string& collection,
                                 std::span<const ByteView> documents) {
    Call call{collection, {}, 0};
    for (const ByteView document : documents) {
      call.ids.push_back(id_of_document(document));
      call.bytes += document.size();
    }
    if (before_insert_) before_insert_(call);
    std::unique_lock<std::mutex> lock(mutex_);
    calls_.push_back(call);
    ++hanging_;
    while (is_hanging_) released_.wait(lock);
    --hanging_;
    const Answer answer = next_answer();
    if (!answer.is_stored) return {answer.status, {}, answer.is_connection_closed};
    if (is_closed_on(call)) return {Status::retry("connection closed"), {}, true};
    std::vector<delivery::Refusal> refusals = store_all(collection, documents);
    if (!answer.status.is_ok()) return {answer.status, {}};
    return {Status(), std::move(refusals)};
  }

  Answer next_answer() {
    if (!always_.is_ok()) return {always_, false};
    if (answers_.empty()) return {};
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  bool is_closed_on(const Call& call) {
    for (const ObjectId& id : call.ids) {
      const auto found = closings_.find({call.collection, id});
      if (found == closings_.end() || found->second == 0) continue;
      --found->second;
      return true;
    }
    return false;
  }

  std::vector<delivery::Refusal> store_all(const std::string& collection,
                                           std::span<const ByteView> documents) {
    std::vector<delivery::Refusal> refusals;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const ObjectId id = id_of_document(documents[i]);
      if (const auto rule = ruled(collection, id)) {
        refusals.push_back({i, rule->kind, rule->code, "refused by the test", rule->is_on_id});
      } else if (!stored_[collection]
                      .try_emplace(id, documents[i].begin(), documents[i].end())
                      .second) {
        refusals.push_back({i, delivery::RefusalKind::kDuplicateKey, 11000, "E11000", true});
      }
    }
    return refusals;
  }

  std::optional<Rule> ruled(const std::string& collection, const ObjectId& id) {
    const auto found = rules_.find({collection, id});
    if (found == rules_.end() || found->second.times == 0) return std::nullopt;
    --found->second.times;
    return found->second;
  }

  Result<std::vector<ByteBuffer>> find_stored(const std::string& collection,
                                              std::span<const ByteView> documents) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!finds_.is_ok()) return finds_;
    if (!find_failures_.empty()) {
      Status why = std::move(find_failures_.front());
      find_failures_.pop_front();
      return why;
    }
    std::vector<ByteBuffer> found;
    for (const ByteView document : documents) {
      const auto at = stored_[collection].find(id_of_document(document));
      found.push_back(at == stored_[collection].end() ? ByteBuffer() : at->second);
    }
    return found;
  }

  std::function<void(const Call&)> before_insert_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  bool is_hanging_ = false;
  std::size_t hanging_ = 0;
  Status always_;
  std::deque<Answer> answers_;
  std::deque<Status> find_failures_;
  Status finds_;
  std::map<std::pair<std::string, ObjectId>, int> closings_;
  std::map<std::pair<std::string, ObjectId>, Rule> rules_;
  std::map<std::string, Documents> stored_;
  std::vector<Call> calls_;
};

}  // namespace mongo_store::test
