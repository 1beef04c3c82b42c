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

struct Target {
  std::string_view database;
  std::string_view collection;

  bool operator==(const Target&) const = default;
};

enum class RefusalKind {
  kDuplicateKey,     // 11000: may be our own document after a lost answer
  kDocumentAtFault,  // the code means this document, now and for ever
  kLater,            // the server accepts fewer documents than it was sent: it means none of them
  kUnclear,          // refused alone, for a reason that may pass
};

struct Refusal {
  std::size_t index = 0;  // into the documents given
  RefusalKind kind = RefusalKind::kUnclear;
  std::int32_t code = 0;  // the server's
  std::string message;    // the server's, one line
  // kDuplicateKey: the server names the index that has the key, and it is that of `_id`.
  bool is_index_named = false;
  bool is_on_id = false;
};

// status ok: each document without a refusal is stored under the write concern asked for; so is
// each document that a kDuplicateKey names, whoever wrote it. Otherwise (kRetry; kRefuse where only
// a person can mend it: credentials, rights) nothing is known of any of them: send all again.
struct InsertOutcome {
  Status status;
  std::vector<Refusal> refusals;
  // With kRetry: the connection was closed soon, instead of an answer or a time that ran out.
  bool is_connection_closed = false;
  // With kRetry: the server is there, and has more work than it accepts.
  bool is_throttled = false;
  // How long the server asks to be left alone; 0: it doesn't say. With ok, of the kLater ones.
  std::int64_t retry_after_ms = 0;
};

enum class KeyProof {
  kNothing,  // it can't be found out; or a mongos, which keeps write concern errors back
             // (batch_write_op.cpp, BatchWriteOp::buildClientResponse) where all are duplicates
  kNamedId,  // a document with that `_id` is safe, where the server names the index of `_id`
  kAnyKey,   // the same where it names none: the collection has no other unique index
};

// One connection's worth of a Sink. One thread at a time; a call returns within the sink's own
// timeouts, and can't be cancelled before.
class SinkSession {
 public:
  virtual ~SinkSession() = default;
  // Inserts unordered, as one batch. `documents` are BSON, each beginning with its `_id`; the
  // caller keeps the batch within count and byte bounds that one message can take.
  virtual InsertOutcome insert(const Target& target, std::span<const ByteView> documents) = 0;
  // The stored counterpart by `_id` of each of `documents`, in their order, empty where there is
  // none. A counterpart is one that no election can take back. kRetry: ask again, for fewer
  // documents; kRefuse: the server answers, and lets nobody with these rights read.
  virtual Result<std::vector<ByteBuffer>> find_stored(const Target& target,
                                                      std::span<const ByteView> documents) = 0;
  // How much an insert's answer "duplicate key" proves of that collection now, without a read.
  virtual KeyProof key_proof(const Target& target) = 0;
};

// The finding of one try of the database.
struct ProbeLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

// Where batches go. Outlives its sessions. open_session() is safe from any thread and connects to
// nothing; the first call on the session does.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::unique_ptr<SinkSession> open_session() = 0;
  // Tries the database once, and says what it is connected to and whether it may deliver to
  // `targets`, or which step failed and what to do. Any thread, beside sessions; blocks as long as
  // connecting takes, and stores nothing.
  virtual ProbeLine probe(std::span<const Target> targets) = 0;
};

}  // namespace mongo_store::delivery
