// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/logger.h"
#include "base/status.h"

namespace mongo_store::delivery {

// A collection. The views must outlive it.
struct Target {
  std::string_view database;
  std::string_view collection;

  bool operator==(const Target&) const = default;
};

enum class RefusalKind {
  kDuplicateKey,     // 11000: may be our own document, after a lost answer
  kDocumentAtFault,  // the document itself is the reason, which never passes
  kLater,            // the server throttles: no document is at fault
  kUnclear,          // only this document is refused, but the reason may pass
};

struct Refusal {
  std::size_t index = 0;  // into the documents of the call
  RefusalKind kind = RefusalKind::kUnclear;
  std::int32_t code = 0;  // from the server
  std::string message;    // from the server, one line
  // For kDuplicateKey:
  bool is_index_named = false;  // the server named the index
  bool is_on_id = false;        // it named the index of `_id`
};

// status kOk: each document without a refusal is stored under the requested write concern. So is
// the existing document that a kDuplicateKey refers to. kRetry: it isn't known which documents were
// stored; send all of them again. kRefuse: the same, but an administrator must fix the cause
// (credentials or rights).
struct InsertOutcome {
  Status status;
  std::vector<Refusal> refusals;
  // With kRetry: the connection was closed, without an answer and before a timeout.
  bool is_connection_closed = false;
  // With kRetry: the server answers, but throttles.
  bool is_throttled = false;
  // How long the server asks to wait before the retry; 0: it doesn't say. With kOk, this applies to
  // the kLater refusals.
  std::int64_t retry_after_ms = 0;
};

// How much the answer "duplicate key" proves without reading the document.
enum class KeyProof {
  kNothing,  // unknown; or a mongos, which doesn't report write concern errors if all documents
             // are duplicates (batch_write_op.cpp, BatchWriteOp::buildClientResponse)
  kNamedId,  // a document with that `_id` is safe if the server names the index of `_id`
  kAnyKey,   // also if it names no index, because the collection has no other unique index
};

// One connection of a Sink, for one thread at a time. Calls block until they finish or the sink's
// timeouts end them; they can't be cancelled.
class SinkSession {
 public:
  virtual ~SinkSession() = default;
  // Inserts `documents` unordered, as one batch. They are BSON, and `_id` is the first field of
  // each. The batch must fit into one message of MongoDB's protocol.
  virtual InsertOutcome insert(const Target& target, std::span<const ByteView> documents) = 0;
  // Returns the stored document with the `_id` of each of `documents`, in their order; empty if
  // there is none. Only documents that no election can roll back are returned. kRetry: try again
  // with fewer documents. kRefuse: the server answers, but the user isn't allowed to read.
  virtual Result<std::vector<ByteBuffer>> find_stored(const Target& target,
                                                      std::span<const ByteView> documents) = 0;
  // How much the answer "duplicate key" from that collection proves now.
  virtual KeyProof key_proof(const Target& target) = 0;
};

// The result of a check of the database, as a log line.
struct ProbeLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

// The destination of batches. Must outlive its sessions. open_session() can be called from any
// thread and doesn't connect; the session's first call does.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::unique_ptr<SinkSession> open_session() = 0;
  // Checks the database once. Says what it is connected to and whether the user may deliver to
  // `targets`, or which step failed and what to do. Any thread, also while sessions are in use.
  // Blocks as long as connecting takes. Stores nothing.
  virtual ProbeLine probe(std::span<const Target> targets) = 0;
};

}  // namespace mongo_store::delivery
