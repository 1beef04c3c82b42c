// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

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
ObjectId id_of_document(ByteView document);

// An in-memory database that a test controls. It keeps documents by `_id` in each collection, and
// refuses an `_id` that it already has. Any thread. It must outlive its sessions.
class FakeSink final : public delivery::Sink {
 public:
  using Documents = std::map<ObjectId, ByteBuffer>;

  struct Call {
    std::string collection;
    std::vector<ObjectId> ids;
    std::size_t bytes = 0;
  };
  static constexpr int kForEver = 1'000'000'000;

  // The next insert that has no outcome yet fails as a whole: nothing is stored.
  void fail_next(Status why);
  // The next insert closes the connection.
  void close_next();
  // From now on, a command with that document closes the connection, `times` times.
  void close_on(const std::string& collection, const ObjectId& id, int times = kForEver);
  // From now on, finds for more than `unless_up_to` documents fail, until this is called with ok.
  void fail_finds(Status why, std::size_t unless_up_to = 0);
  // From now on, a duplicate key error doesn't name its index.
  void name_no_index();
  void set_key_proof(delivery::KeyProof proof);
  // Each insert stores at most that many documents, and the others are throttled. 0: no limit.
  void throttle(std::size_t documents_max, std::int64_t retry_after_ms = 0);
  // The next insert stores its documents, but its answer is lost.
  void lose_next(Status why);
  // The next insert is an ordinary one.
  void take_next();
  void fail_next_find(Status why);
  // From now on, each insert fails as a whole, until this is called with ok.
  void fail_always(Status why);
  // Refuses that document `times` times. kDuplicateKey although none is stored: a unique index.
  void refuse(const std::string& collection, const ObjectId& id, delivery::RefusalKind kind,
              std::int32_t code, int times = kForEver);
  // Refuses it because of its `_id`, although no majority has a document with that `_id`.
  void refuse_id(const std::string& collection, const ObjectId& id, int times = kForEver);
  void put(const std::string& collection, const ObjectId& id, ByteBuffer document);
  // From now on, inserts hang until release().
  void hang();
  void release();
  // From now on, the probe at the start hangs until release().
  void hang_probe();
  // Called at the beginning of each insert, on its thread; may throw. Must be set before any thread
  // inserts.
  void set_before_insert(std::function<void(const Call&)> hook);

  Documents documents(const std::string& collection) const;
  std::vector<Call> calls() const;
  // The number of documents that each find asked for.
  std::vector<std::size_t> finds() const;
  std::size_t hanging() const;

  std::unique_ptr<delivery::SinkSession> open_session() override;
  // Returns "probed COLLECTION...".
  delivery::ProbeLine probe(std::span<const delivery::Target> targets) override;

 private:
  struct Answer {
    Status status;  // ok: depends on the documents
    bool is_stored = true;
    bool is_connection_closed = false;
  };
  struct Rule {
    delivery::RefusalKind kind = delivery::RefusalKind::kUnclear;
    std::int32_t code = 0;
    int times = 0;
    bool is_index_named = false;
    bool is_on_id = false;
  };

  class Session;

  void tell_next(Answer answer);
  delivery::InsertOutcome insert(const std::string& collection,
                                 std::span<const ByteView> documents);
  Answer next_answer();
  bool is_closed_on(const Call& call);
  std::vector<delivery::Refusal> store_all(const std::string& collection,
                                           std::span<const ByteView> documents);
  std::optional<Rule> ruled(const std::string& collection, const ObjectId& id);
  Result<std::vector<ByteBuffer>> find_stored(const std::string& collection,
                                              std::span<const ByteView> documents);

  std::function<void(const Call&)> before_insert_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  bool is_hanging_ = false;
  bool is_probe_hanging_ = false;
  std::size_t hanging_ = 0;
  Status always_;
  std::deque<Answer> answers_;
  std::deque<Status> find_failures_;
  Status find_failure_;
  std::size_t finds_unless_up_to_ = 0;
  std::vector<std::size_t> finds_;
  bool is_index_named_ = true;
  delivery::KeyProof key_proof_ = delivery::KeyProof::kNamedId;
  std::size_t throttle_ = 0;
  std::int64_t retry_after_ms_ = 0;
  std::map<std::pair<std::string, ObjectId>, int> closings_;
  std::map<std::pair<std::string, ObjectId>, Rule> rules_;
  std::map<std::string, Documents> stored_;
  std::vector<Call> calls_;
};

}  // namespace mongo_store::test
