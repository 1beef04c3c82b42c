// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "delivery/sink.h"
#include "message/dead_letter_reading.h"
#include "message/delivery_context.h"
#include "mongo/dead_letter_store.h"

namespace mongo_store::cli {

// Makes documents from dead letters, with the same code as delivery, and removes the dead letters
// that became documents. A document is stored under the write concern of the options before its
// dead letter is removed. It can be stopped at any moment and run again: nothing is stored twice or
// lost. Settings that a dead letter doesn't record (message::context_of) come from `route`. A dead
// letter `id_conflict` is only tried under the `_id` that conflicted. One thread; store and session
// must outlive it.
class Requeue {
 public:
  struct Counts {
    std::uint64_t read = 0;
    std::uint64_t stored = 0;
    std::uint64_t stored_before = 0;  // an equal document
    std::uint64_t duplicates = 0;     // resends of a stored message, counted as in delivery
    std::uint64_t removed = 0;
    std::uint64_t truncated = 0;    // this and the next four remain
    std::uint64_t no_document = 0;  // still can't become a document
    std::uint64_t refused = 0;      // by the database
    std::uint64_t conflicts = 0;    // another document has their _id
    std::uint64_t unreadable = 0;   // no dead letters of this plugin

    std::uint64_t remaining() const {
      return truncated + no_document + refused + conflicts + unreadable;
    }
  };

  Requeue(message::Route route, mongo::DeadLetterStore& store, delivery::SinkSession& session)
      : route_(std::move(route)), store_(store), session_(session) {}

  // Works on the next dead letters; false: there are no more. Even after a failure, only dead
  // letters with a stored document have been removed.
  Result<bool> step(const mongo::DeadLetterFilter& filter);

  const Counts& counts() const { return counts_; }

 private:
  struct Made {
    ObjectId id;
    ByteBuffer document;
  };

  void make(const ByteBuffer& letter);
  void make_document(const message::DeadLetterReading& letter);
  Status store(const std::string& collection, std::span<const Made> made);
  Status resolve(const delivery::Target& target, std::span<const Made> made,
                 std::span<const delivery::Refusal> refusals);
  void stay_refused(const Made& made, const delivery::Refusal& refusal);
  void settle_found(const Made& made, ByteView stored);
  Status remove();
  void stay(const ObjectId& id, std::uint64_t& count, const std::string& why);

  const message::Route route_;
  mongo::DeadLetterStore& store_;
  delivery::SinkSession& session_;
  std::optional<ObjectId> after_;
  std::map<std::string, std::vector<Made>> made_;  // by collection
  std::vector<ObjectId> done_;                     // dead letters with a stored document
  Counts counts_;
};

}  // namespace mongo_store::cli
